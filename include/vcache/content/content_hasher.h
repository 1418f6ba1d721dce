#pragma once

#include <memory>

#include "vcache/content/content_digest.h"
#include "vcache/core/bytes.h"
#include "vcache/core/result.h"
#include "vcache/core/secret.h"

struct evp_md_ctx_st;  // of OpenSSL

namespace vcache::content {

/// SHA-256 of bytes in pieces. Use it from one thread at a time. Reusable after `Finish`.
class ContentHasher {
 public:
  ContentHasher();

  void Update(ByteView bytes);
  /// The digest of all bytes since construction or the last `Finish`. Resets the hasher.
  ContentDigest Finish();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

/// The digest of one contiguous buffer.
ContentDigest DigestOf(ByteView bytes);

/// HMAC-SHA-256 of a message.
ContentDigest HmacOf(const Secret& key, ByteView message);

/// HMAC-SHA-256 under `KEY_SECRET`: such a store key does not reveal which short text was analysed.
ContentDigest KeyedDigest(const Secret& key, const ContentDigest& digest);

}  // namespace vcache::content
