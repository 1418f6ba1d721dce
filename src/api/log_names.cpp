#include "api/log_names.h"

#include <algorithm>

#include "vcache/content/content_digest.h"
#include "vcache/core/hex.h"
#include "vcache/core/log.h"

namespace vcache::api {
namespace {

/// Shorter runs are ordinary words and reveal little.
constexpr std::size_t kShortestRun = 8;

bool IsHexDigit(char c) {
  return HexValue(c) >= 0;
}

std::string HiddenDigits(std::string_view digits, const cache::KeySpace& keys) {
  const auto digest = content::ContentDigest::FromHex(digits);
  if (!digest) return "(hidden)";
  return keys.StoredDigest({cache::ContentKind::kAnalysis, *digest}).ToShortHex() + "...";
}

}  // namespace

std::string NameForLog(std::string_view sent, const cache::KeySpace& keys) {
  if (!keys.keyed()) return CutForLog(sent);
  std::string shown;
  while (!sent.empty()) {
    const auto end = std::find_if_not(sent.begin(), sent.end(), IsHexDigit);
    const std::string_view run = sent.substr(0, static_cast<std::size_t>(end - sent.begin()));
    if (run.size() >= kShortestRun) {
      shown += HiddenDigits(run, keys);
    } else {
      shown += run;
    }
    sent.remove_prefix(run.size());
    const auto next = std::find_if(sent.begin(), sent.end(), IsHexDigit);
    const auto other = static_cast<std::size_t>(next - sent.begin());
    shown += sent.substr(0, other);
    sent.remove_prefix(other);
  }
  return CutForLog(shown);
}

}  // namespace vcache::api
