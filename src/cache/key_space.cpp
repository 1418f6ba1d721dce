#include "vcache/cache/key_space.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "vcache/content/content_hasher.h"

#include "vcache/core/hex.h"

namespace vcache::cache {
namespace {

constexpr std::size_t kHexDigits = 2 * content::kDigestSize;
constexpr std::size_t kVariantDigits = 16;
constexpr std::size_t kMaxPattern = 128;
constexpr std::string_view kFailureFamily = "failed:{";

bool IsPatternCharacter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '*' || c == '?';
}

bool IsWholeHash(std::string_view text) noexcept {
  return text.size() == kHexDigits && AreLowerHex(text);
}

/// `:` and the digits of a variant at the end of a name; empty without one.
std::string_view VariantSuffix(std::string_view name) noexcept {
  constexpr std::size_t kLength = 1 + kVariantDigits;
  if (name.size() <= kHexDigits + kLength) return {};
  const std::string_view suffix = name.substr(name.size() - kLength);
  const std::string_view before = name.substr(0, name.size() - kLength);
  const bool is_variant = suffix.front() == ':' && AreLowerHex(suffix.substr(1)) &&
                          AreLowerHex(before.substr(before.size() - kHexDigits));
  return is_variant ? suffix : std::string_view();
}

/// The possible rests of `pattern` after its front has matched all of `text`.
std::vector<std::string_view> RestsBehind(std::string_view pattern, std::string_view text) {
  std::vector<bool> at(pattern.size() + 1);
  const auto skip_stars = [&] {  // a star may stand for nothing
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (at[i] && pattern[i] == '*') at[i + 1] = true;
    }
  };
  at[0] = true;
  skip_stars();
  for (const char c : text) {
    std::vector<bool> next(at.size());
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!at[i]) continue;
      if (pattern[i] == '*') next[i] = true;
      if (pattern[i] == '?' || pattern[i] == c) next[i + 1] = true;
    }
    at = std::move(next);
    skip_stars();
  }
  std::vector<std::string_view> rests;
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (at[i]) rests.push_back(pattern.substr(i));
  }
  return rests;
}

/// Which hash digits a pattern asks for.
enum class DigitDemand {
  kNone,   ///< It matches every hash or none.
  kWhole,  ///< It gives a whole hash.
  kPart,   ///< It gives a part.
};

DigitDemand DemandOf(std::string_view pattern, std::string_view family) {
  bool whole = false;
  bool part = false;
  for (std::string_view rest : RestsBehind(pattern, family)) {
    if (rest.find_first_not_of("*?") == std::string_view::npos) {
      const auto marks = static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '?'));
      if (marks == kHexDigits || (marks < rest.size() && marks < kHexDigits)) {
        return DigitDemand::kNone;  // any digits match
      }
      continue;  // no digits match
    }
    const bool can_match = std::all_of(
        rest.begin(), rest.end(), [](char c) { return c == '*' || c == '?' || IsLowerHex(c); });
    if (!can_match) continue;  // the star took too much
    rest.remove_prefix(rest.find_first_not_of('*'));
    (IsWholeHash(rest) ? whole : part) = true;
  }
  return part ? DigitDemand::kPart : whole ? DigitDemand::kWhole : DigitDemand::kNone;
}

}  // namespace

KeySpace::KeySpace(KeySpaceOptions options) : options_(std::move(options)) {}

content::ContentDigest KeySpace::StoredDigest(const CacheKey& key) const {
  return keyed() ? content::KeyedDigest(options_.secret, key.digest) : key.digest;
}

std::string KeySpace::NameOf(const CacheKey& key) const {
  return CacheKey{key.kind, StoredDigest(key), key.variant}.ToString();
}

std::string KeySpace::StoreKey(const CacheKey& key) const {
  return options_.prefix + NameOf(key);
}

Result<KeyPattern> KeySpace::StoredPattern(const KeyPattern& by_content) const {
  if (!keyed()) return by_content;
  if (const std::string_view suffix = VariantSuffix(by_content.text()); !suffix.empty()) {
    const std::string_view text = by_content.text();
    const auto usual = KeyPattern::Parse(text.substr(0, text.size() - suffix.size()));
    const Result<KeyPattern> stored = usual ? StoredPattern(*usual) : usual;
    return stored ? KeyPattern::Parse(stored->text() + std::string(suffix)) : stored;
  }
  bool whole = false;
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    const DigitDemand demand = DemandOf(by_content.text(), std::string(KindName(kind)) + ":");
    if (demand == DigitDemand::kPart) {
      return Error{ErrorCode::kBadRequest,
                   "With KEY_SECRET the stored names do not tell the digits of a content's hash, "
                   "so the pattern \"" +
                       by_content.text() +
                       "\" can match nothing that is meant. Give a whole hash "
                       "(analysis:<64 digits>), a kind (analysis:*, text:*) or *."};
    }
    whole = whole || demand == DigitDemand::kWhole;
  }
  if (!whole) return by_content;
  // The digits are at the end; their keyed form is the same for both kinds.
  const std::string_view text = by_content.text();
  const std::string_view digits = text.substr(text.size() - kHexDigits);
  const auto digest = content::ContentDigest::FromHex(digits);
  if (!digest) return by_content;
  const CacheKey key{ContentKind::kAnalysis, *digest};
  return KeyPattern::Parse(std::string(text.substr(0, text.size() - kHexDigits)) +
                           StoredDigest(key).ToHex());
}

std::optional<ContentKind> KeySpace::FamilyOf(std::string_view store_key) const noexcept {
  const auto key = StoredKeyOf(store_key);
  return key ? std::optional(key->kind) : std::nullopt;
}

std::optional<CacheKey> KeySpace::StoredKeyOf(std::string_view store_key) const noexcept {
  if (!store_key.starts_with(options_.prefix)) return std::nullopt;
  std::string_view name = store_key.substr(options_.prefix.size());
  const std::string_view suffix = VariantSuffix(name);
  name.remove_suffix(suffix.size());
  CacheKey key;
  if (!suffix.empty()) {
    std::from_chars(suffix.data() + 1, suffix.data() + suffix.size(), key.variant, 16);
    if (key.variant == 0) return std::nullopt;  // not written by us
  }
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    const std::string_view family = KindName(kind);
    if (name.size() != family.size() + 1 + kHexDigits) continue;
    if (!name.starts_with(family) || name[family.size()] != ':') continue;
    const std::string_view digits = name.substr(family.size() + 1);
    const auto digest = content::ContentDigest::FromHex(digits);
    if (!digest || !IsWholeHash(digits)) continue;
    key.kind = kind;
    key.digest = *digest;
    return key;
  }
  return std::nullopt;
}

std::string KeySpace::FailureKey(const CacheKey& key) const {
  return options_.prefix + std::string(kFailureFamily) + StoreKey(key) + "}";
}

std::string_view KeySpace::EntryOfFailure(std::string_view failure_key) const noexcept {
  if (!failure_key.starts_with(options_.prefix)) return {};
  failure_key.remove_prefix(options_.prefix.size());
  if (!failure_key.starts_with(kFailureFamily) || !failure_key.ends_with('}')) return {};
  failure_key.remove_prefix(kFailureFamily.size());
  failure_key.remove_suffix(1);
  return FamilyOf(failure_key) ? failure_key : std::string_view();
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
  if (MatchesWhole(key)) return true;
  const std::string_view suffix = VariantSuffix(key);
  if (suffix.empty()) return false;
  key.remove_suffix(suffix.size());
  return MatchesWhole(key);
}

bool KeyPattern::MatchesWhole(std::string_view key) const noexcept {
  // Only the last star is ever retried: a later star makes the choices of earlier ones irrelevant.
  // This takes at most (length of the pattern) steps for each character of the key.
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
