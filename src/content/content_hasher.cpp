#include "vcache/content/content_hasher.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <stdexcept>
#include <string>

#include "vcache/core/free_with.h"

namespace vcache::content {
namespace {

using EvpMac = std::unique_ptr<EVP_MAC, FreeWith<EVP_MAC_free>>;
using EvpMacCtx = std::unique_ptr<EVP_MAC_CTX, FreeWith<EVP_MAC_CTX_free>>;

// Hashing memory fails only without SHA-256 (a broken OpenSSL, found at the first use) or without
// memory. No caller could react, so this is no `Result`.
void Require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL does not provide SHA-256");
}

/// SHA-256, fetched once (rule T1) and never freed: threads may still hash while the process exits.
const EVP_MD* Sha256() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Require(algorithm != nullptr);
  return algorithm;
}

/// An HMAC context with the digest and without a key; its copies need no look-up (rule T1).
const EVP_MAC_CTX* HmacTemplate() {
  static const EVP_MAC_CTX* const context = [] {
    const EvpMac algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    Require(algorithm != nullptr);
    EvpMacCtx made(EVP_MAC_CTX_new(algorithm.get()));
    std::string digest_name = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name.data(), 0),
        OSSL_PARAM_construct_end()};
    Require(made != nullptr && EVP_MAC_CTX_set_params(made.get(), params) == 1);
    return made.release();
  }();
  return context;
}

unsigned char* Octets(ContentDigest::Bytes& bytes) {
  return static_cast<unsigned char*>(static_cast<void*>(bytes.data()));
}
const unsigned char* Octets(ByteView bytes) {
  return static_cast<const unsigned char*>(static_cast<const void*>(bytes.data()));
}

}  // namespace

ContentHasher::ContentHasher() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  Require(context_ != nullptr && EVP_DigestInit_ex2(context_.get(), Sha256(), nullptr) == 1);
}

void ContentHasher::Update(ByteView bytes) {
  Require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

ContentDigest ContentHasher::Finish() {
  ContentDigest::Bytes bytes{};
  Require(EVP_DigestFinal_ex(context_.get(), Octets(bytes), nullptr) == 1);
  Require(EVP_DigestInit_ex2(context_.get(), Sha256(), nullptr) == 1);
  return ContentDigest(bytes);
}

ContentDigest DigestOf(ByteView bytes) {
  thread_local ContentHasher hasher;  // one context per thread
  hasher.Update(bytes);
  return hasher.Finish();
}

ContentDigest HmacOf(const Secret& key, ByteView message) {
  const EvpMacCtx context(EVP_MAC_CTX_dup(HmacTemplate()));
  Require(context != nullptr);
  const ByteView secret = AsBytes(key.Reveal());
  ContentDigest::Bytes bytes{};
  std::size_t written = 0;
  Require(EVP_MAC_init(context.get(), Octets(secret), secret.size(), nullptr) == 1 &&
          EVP_MAC_update(context.get(), Octets(message), message.size()) == 1 &&
          EVP_MAC_final(context.get(), Octets(bytes), &written, bytes.size()) == 1 &&
          written == kDigestSize);
  return ContentDigest(bytes);
}

ContentDigest KeyedDigest(const Secret& key, const ContentDigest& digest) {
  return HmacOf(key, digest.bytes());
}

}  // namespace vcache::content
