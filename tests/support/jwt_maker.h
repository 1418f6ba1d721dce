#pragma once

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"
#include "vcache/core/free_with.h"
#include "vcache/core/secret.h"

namespace vcache::test {

inline std::string Base64Url(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = (held << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6;) {
      bits -= 6;
      text += kAlphabet[(held >> bits) & 63U];
    }
  }
  if (bits > 0) text += kAlphabet[(held << (6 - bits)) & 63U];
  return text;
}

/// The part of a token that is signed.
inline std::string Unsigned(std::string_view header, std::string_view payload) {
  return Base64Url(header) + "." + Base64Url(payload);
}

/// A token whose signature is HMAC-SHA-256 under the secret, whatever the header says.
inline std::string HmacToken(std::string_view secret, std::string_view payload,
                             std::string_view header = R"({"alg":"HS256","typ":"JWT"})") {
  const std::string text = Unsigned(header, payload);
  const auto mac = content::HmacOf(Secret(std::string(secret)), AsBytes(text));
  return text + "." + Base64Url(AsText(mac.bytes()));
}

/// A key pair of an issuer; throws when the library does not make it.
class JwtSigner {
 public:
  static JwtSigner Rsa(unsigned bits = 2048) { return JwtSigner(EVP_RSA_gen(bits)); }
  static JwtSigner Ec(const char* curve = "P-256") { return JwtSigner(EVP_EC_gen(curve)); }

  std::string PublicPem() const { return Pem(&PEM_write_bio_PUBKEY); }
  std::string PrivatePem() const {
    return Pem([](BIO* bio, const EVP_PKEY* key) {
      return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  /// Signed as `RS256`, or with two numbers as `ES256`.
  std::string Token(std::string_view payload, std::string_view header) const {
    const std::string text = Unsigned(header, payload);
    std::string signature = Signature(text);
    if (EVP_PKEY_is_a(key_.get(), "EC") == 1) signature = TwoNumbers(signature);
    return text + "." + Base64Url(signature);
  }

  /// The library's own form; of an EC key DER, which tokens must not have.
  std::string Signature(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    std::size_t size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    Require(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    Require(EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) == 1);
    std::string signature(size, '\0');
    Require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                           data, text.size()) == 1);
    signature.resize(size);
    return signature;
  }

 private:
  explicit JwtSigner(EVP_PKEY* key) : key_(key) { Require(key != nullptr); }

  static void Require(bool done) {
    if (!done) throw std::runtime_error("OpenSSL makes no key or signature");
  }

  static std::string TwoNumbers(const std::string& der) {
    const auto* data = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>> both(
        d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size())));
    std::vector<unsigned char> raw(64);
    Require(both != nullptr && BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), raw.data(), 32) == 32 &&
            BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), raw.data() + 32, 32) == 32);
    return {raw.begin(), raw.end()};
  }

  template <typename Write>
  std::string Pem(Write write) const {
    const std::unique_ptr<BIO, FreeWith<BIO_free_all>> bio(BIO_new(BIO_s_mem()));
    Require(bio != nullptr && write(bio.get(), key_.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }

  std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>> key_;
};

}  // namespace vcache::test
