#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vcache/cache/cache_key.h"
#include "vcache/core/result.h"
#include "vcache/core/secret.h"

namespace vcache::cache {

struct KeySpaceOptions {
  /// `KEY_PREFIX`, followed by `demo:` with a sandbox.
  std::string prefix{};
  /// `KEY_SECRET`; empty writes the plain digest.
  Secret secret{};
};

/// An administrator's selection of entries: `*`, `analysis:*`, `text:ab*`. `*` stands for any run
/// of characters, `?` for one. The service matches it in linear time against the key without
/// prefix, and never sends it to a server (rule R9). Stores and events use stored names;
/// administrators use content hashes. `KeySpace::StoredPattern` translates.
class KeyPattern {
 public:
  /// kBadRequest: empty, over 128 characters, or a character other than `a-z 0-9 : * ?`.
  static Result<KeyPattern> Parse(std::string_view text);
  static KeyPattern All();

  /// A pattern for the usual name of a content also matches its variants.
  bool Matches(std::string_view key_without_prefix) const noexcept;
  const std::string& text() const noexcept { return text_; }

 private:
  bool MatchesWhole(std::string_view key) const noexcept;
  explicit KeyPattern(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The names of keys in a store. Immutable, thread-safe.
class KeySpace {
 public:
  explicit KeySpace(KeySpaceOptions options = {});

  const std::string& prefix() const noexcept { return options_.prefix; }
  bool keyed() const noexcept { return !options_.secret.empty(); }

  /// The content's own digest, or its HMAC under the secret.
  content::ContentDigest StoredDigest(const CacheKey& key) const;
  /// `analysis:<64 hex of StoredDigest>` and the variant: the key without its prefix, matched by
  /// `KeyPattern`.
  std::string NameOf(const CacheKey& key) const;
  /// `<prefix>analysis:<64 hex of StoredDigest>`.
  std::string StoreKey(const CacheKey& key) const;
  /// Translates a pattern over content hashes to a pattern over stored names. With a secret only
  /// whole hashes and patterns without digits can be translated; kBadRequest for all others.
  Result<KeyPattern> StoredPattern(const KeyPattern& by_content) const;
  /// The family of a key that this service wrote: prefix, family, exactly 64 lower-case hex digits,
  /// and for a variant `:` and 16 more. Empty for other keys, which must not be touched.
  std::optional<ContentKind> FamilyOf(std::string_view store_key) const noexcept;
  /// Such a key with the stored digest.
  std::optional<CacheKey> StoredKeyOf(std::string_view store_key) const noexcept;

  /// `<prefix>failed:{<store key>}`, of a `ChargedFailure`. The braces put it into the entry's slot
  /// of a cluster.
  std::string FailureKey(const CacheKey& key) const;
  /// The store key of the entry that such a key is about; empty for other keys.
  std::string_view EntryOfFailure(std::string_view failure_key) const noexcept;

 private:
  KeySpaceOptions options_;
};

}  // namespace vcache::cache
