#include "api/intake/digest_fields.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "api/auth/base64url.h"
#include "vcache/core/ascii.h"

namespace vcache::api {
namespace {

using content::ContentDigest;

Error MalformedDigest(std::string_view field) {
  return {ErrorCode::kBadRequest, "The field " + std::string(field) +
                                      " is malformed or contradicts another one; write "
                                      "it as \"sha-256=:<base64>:\"."};
}

bool IsKey(std::string_view key) noexcept {
  const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || c == '*'; };
  return !key.empty() && is_first(key.front()) && std::all_of(key.begin(), key.end(), [&](char c) {
    return is_first(c) || IsDigit(c) || c == '_' || c == '-' || c == '.';
  });
}

/// The bytes of base64 with padding (RFC 4648 section 4), one spelling only.
std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.size() - std::min(text.find('='), text.size());
  if (padding > 2 || text.find_first_of("-_") != std::string_view::npos) return std::nullopt;
  std::string unpadded(text.substr(0, text.size() - padding));
  if (padding == 2 && text.back() != '=') return std::nullopt;
  std::replace(unpadded.begin(), unpadded.end(), '+', '-');
  std::replace(unpadded.begin(), unpadded.end(), '/', '_');
  return DecodeBase64Url(unpadded);
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// One member, `key=:base64:`. False when it is malformed or contradicts the digest before.
bool TakeMember(std::string_view member, std::optional<ContentDigest>& digest) {
  const std::size_t equals = member.find('=');
  if (equals == std::string_view::npos || !IsKey(member.substr(0, equals))) return false;
  const std::string_view value = member.substr(equals + 1);
  if (value.size() < 2 || value.front() != ':' || value.back() != ':') return false;
  const auto bytes = DecodeBase64(value.substr(1, value.size() - 2));
  if (!bytes) return false;
  if (member.substr(0, equals) != "sha-256") return true;
  ContentDigest::Bytes digits;
  if (bytes->size() != digits.size()) return false;
  std::memcpy(digits.data(), bytes->data(), digits.size());
  const ContentDigest stated(digits);
  if (digest && *digest != stated) return false;
  digest = stated;
  return true;
}

}  // namespace

Result<std::optional<ContentDigest>> StatedDigest(const http::Headers& headers) {
  std::optional<ContentDigest> digest;
  for (const std::string_view field : {"Content-Digest", "Repr-Digest"}) {
    for (std::string_view list : headers.GetAll(field)) {
      for (bool more = true; more;) {
        const std::size_t comma = list.find(',');
        more = comma != std::string_view::npos;
        if (!TakeMember(Trimmed(list.substr(0, comma)), digest)) return MalformedDigest(field);
        if (more) list.remove_prefix(comma + 1);
      }
    }
  }
  return digest;
}

}  // namespace vcache::api
