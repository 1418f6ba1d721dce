#include "vcache/cache/key_space.h"

#include <algorithm>

#include "vcache/content/content_hasher.h"

namespace vcache::cache {
namespace {

constexpr std::size_t kHexDigits = 2 * content::kDigestSize;
constexpr std::size_t kMaxPattern = 128;

bool IsLowerHex(char digit) noexcept {
  return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
}

bool IsPatternCharacter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '*' || c == '?';
}

}  // namespace

KeySpace::KeySpace(KeySpaceOptions options) : options_(std::move(options)) {}

content::ContentDigest KeySpace::StoredDigest(const CacheKey& key) const {
  return keyed() ? content::KeyedDigest(options_.secret, key.digest) : key.digest;
}

std::string KeySpace::NameOf(const CacheKey& key) const {
  return CacheKey{key.kind, StoredDigest(key)}.ToString();
}

std::string KeySpace::StoreKey(const CacheKey& key) const {
  return options_.prefix + NameOf(key);
}

std::optional<ContentKind> KeySpace::FamilyOf(std::string_view store_key) const noexcept {
  if (!store_key.starts_with(options_.prefix)) return std::nullopt;
  const std::string_view name = store_key.substr(options_.prefix.size());
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    const std::string_view family = KindName(kind);
    if (name.size() != family.size() + 1 + kHexDigits) continue;
    if (!name.starts_with(family) || name[family.size()] != ':') continue;
    const std::string_view digits = name.substr(family.size() + 1);
    if (std::all_of(digits.begin(), digits.end(), IsLowerHex)) return kind;
  }
  return std::nullopt;
}

Result<KeyPattern> KeyPattern::Parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxPattern) {
    return Error{ErrorCode::kBadRequest, "A pattern has 1 to 128 characters; * selects all."};
  }
  if (!std::all_of(text.begin(), text.end(), IsPatternCharacter)) {
    return Error{ErrorCode::kBadRequest,
                 "A pattern consists of lower-case letters, digits, ':', '*' and '?', for example "
                 "analysis:* or text:ab*."};
  }
  return KeyPattern(std::string(text));
}

KeyPattern KeyPattern::All() {
  return KeyPattern("*");
}

bool KeyPattern::Matches(std::string_view key) const noexcept {
  // A later star makes every choice of an earlier one irrelevant, so only the last one is ever
  // tried again: at most (length of the pattern) steps for each character of the key.
  std::size_t at = 0;
  std::size_t in_key = 0;
  std::size_t last_star = std::string::npos;
  std::size_t star_took_to = 0;
  while (in_key < key.size()) {
    if (at < text_.size() && text_[at] == '*') {
      last_star = at++;
      star_took_to = in_key;
    } else if (at < text_.size() && (text_[at] == '?' || text_[at] == key[in_key])) {
      ++at;
      ++in_key;
    } else if (last_star != std::string::npos) {
      at = last_star + 1;
      in_key = ++star_took_to;
    } else {
      return false;
    }
  }
  while (at < text_.size() && text_[at] == '*') ++at;
  return at == text_.size();
}

}  // namespace vcache::cache
