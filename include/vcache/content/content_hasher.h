#pragma once

#include <memory>

#include "vcache/content/content_digest.h"
#include "vcache/core/bytes.h"
#include "vcache/core/result.h"
#include "vcache/core/secret.h"

namespace vcache::content {

/// SHA-256 of bytes that arrive piece by piece. One thread at a time; reusable after `Finish`.
/// The algorithm is fetched from OpenSSL once per process (rule T1).
class ContentHasher {
 public:
  ContentHasher();
  ~ContentHasher();
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;

  void Update(ByteView bytes);
  /// The digest of everything since construction or the last `Finish`; starts anew.
  ContentDigest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of bytes that are there at once.
ContentDigest DigestOf(ByteView bytes);

/// HMAC-SHA-256 of a digest under `KEY_SECRET`, for store keys that must not tell which short text
/// was analysed.
ContentDigest KeyedDigest(const Secret& key, const ContentDigest& digest);

}  // namespace vcache::content
