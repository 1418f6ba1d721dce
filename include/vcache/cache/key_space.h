#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vcache/cache/cache_key.h"
#include "vcache/core/result.h"
#include "vcache/core/secret.h"

namespace vcache::cache {

struct KeySpaceOptions {
  /// `KEY_PREFIX`, and `demo:` behind it with a sandbox.
  std::string prefix{};
  /// `KEY_SECRET`; empty writes the plain digest.
  Secret secret{};
};

/// What an administrator may select entries with: `*`, `analysis:*`, `text:ab*`. `*` stands for any
/// run of characters, `?` for one; there is nothing else. Matched by us in linear time, against the
/// key without its prefix, and never sent to a server (rule R9). Stores and events speak of the
/// names in the store; people, of the hashes of contents: `KeySpace::StoredPattern` is between.
class KeyPattern {
 public:
  /// kBadRequest when empty, over 128 characters, or with a character other than `a-z 0-9 : * ?`.
  static Result<KeyPattern> Parse(std::string_view text);
  static KeyPattern All();

  bool Matches(std::string_view key_without_prefix) const noexcept;
  const std::string& text() const noexcept { return text_; }

 private:
  explicit KeyPattern(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// How our keys are written in a store. Immutable, thread-safe.
class KeySpace {
 public:
  explicit KeySpace(KeySpaceOptions options = {});

  const std::string& prefix() const noexcept { return options_.prefix; }
  bool keyed() const noexcept { return !options_.secret.empty(); }

  /// The digest as the store may know it: the content's own, or its HMAC under the secret.
  content::ContentDigest StoredDigest(const CacheKey& key) const;
  /// `analysis:<64 hex of StoredDigest>`: the key without its prefix, what a `KeyPattern` matches.
  std::string NameOf(const CacheKey& key) const;
  /// `<prefix>analysis:<64 hex of StoredDigest>`.
  std::string StoreKey(const CacheKey& key) const;
  /// The pattern of stored names that selects what `by_content` selects among the contents' own
  /// names, whatever the stored digest is. With a secret that is possible for whole hashes and for
  /// patterns that ask for no digits: kBadRequest for all others, which could match nothing that
  /// was meant.
  Result<KeyPattern> StoredPattern(const KeyPattern& by_content) const;
  /// The family of a key of ours (prefix, family, exactly 64 lower-case hex digits), else empty:
  /// whatever else lies in the store is somebody else's and is never touched.
  std::optional<ContentKind> FamilyOf(std::string_view store_key) const noexcept;

 private:
  KeySpaceOptions options_;
};

}  // namespace vcache::cache
