#include <array>
#include <utility>

#include "vcache/sandbox/sandbox.h"

namespace vcache::sandbox {
namespace {

struct ModeInfo {
  Mode mode;
  std::string_view name;
  bool charged;
};

constexpr std::array<ModeInfo, 18> kModes = {{
    {Mode::kOk, "ok", true},
    {Mode::kError500, "error500", false},
    {Mode::kRateLimit, "rate_limit", false},
    {Mode::kUnavailable, "unavailable", false},
    {Mode::kQuota, "quota", false},
    {Mode::kCredentials, "credentials", false},
    {Mode::kRefuseMedia, "refuse_media", false},
    {Mode::kBrokenJson, "broken_json", true},
    {Mode::kEmpty, "empty", true},
    {Mode::kClose, "close", true},
    {Mode::kCut, "cut", true},
    {Mode::kNoScore, "no_score", true},
    {Mode::kNullScore, "null_score", true},
    {Mode::kNotAScore, "not_a_score", true},
    {Mode::kOutOfRange, "out_of_range", true},
    {Mode::kTruncated, "truncated", true},
    {Mode::kRefusal, "refusal", true},
    {Mode::kHuge, "huge", true},
}};

}  // namespace

std::optional<Mode> ModeFromName(std::string_view name) noexcept {
  for (const ModeInfo& info : kModes) {
    if (info.name == name) return info.mode;
  }
  return std::nullopt;
}

bool IsCharged(Mode mode) noexcept {
  return kModes[static_cast<std::size_t>(mode)].charged;
}

}  // namespace vcache::sandbox
