#pragma once

#include <memory>

#include "vcache/content/content_digest.h"
#include "vcache/core/bytes.h"
#include "vcache/core/result.h"
#include "vcache/core/secret.h"

namespace vcache::content {

/// SHA-256 of bytes in pieces. Use it from one thread at a time. Reusable after `Finish`.
class ContentHasher {
 public:
  ContentHasher();
  ~ContentHasher();
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;

  void Update(ByteView bytes);
  /// The digest of all bytes since construction or the last `Finish`. Resets the hasher.
  ContentDigest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of one contiguous buffer.
ContentDigest DigestOf(ByteView bytes);

/// HMAC-SHA-256 under `KEY_SECRET`: such a store key does not reveal which short text was analysed.
ContentDigest KeyedDigest(const Secret& key, const ContentDigest& digest);

}  // namespace vcache::content
