#include "api/auth/jwt_keys.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <string>
#include <utility>

#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"
#include "vcache/core/free_with.h"

namespace vcache::api {
namespace {

using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using EvpPkey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using VerifyContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;
using BigNumber = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;
constexpr std::size_t kMostKeys = 8;
constexpr std::size_t kP256Bytes = 32;  // of r and of s
constexpr std::size_t kLongestPem = 64 * 1024;

const unsigned char* Octets(std::string_view text) {
  return static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
}

/// A text of the size that a signature must have; its number is within what keys allow.
std::string StandIn(std::size_t size) {
  std::string text(size, '\x5A');
  if (size > 0) text[0] = '\x01';
  return text;
}

class HmacKey final : public JwtKey {
 public:
  explicit HmacKey(Secret secret) : secret_(std::move(secret)) {}

  std::string_view algorithm() const noexcept override { return "HS256"; }
  bool Verifies(std::string_view text, std::string_view signature) const override {
    const content::ContentDigest mac = content::HmacOf(secret_, AsBytes(text));
    return signature.size() == mac.bytes().size() &&
           CRYPTO_memcmp(signature.data(), mac.bytes().data(), mac.bytes().size()) == 0;
  }

 private:
  const Secret secret_;
};

class PublicKey : public JwtKey {
 public:
  explicit PublicKey(EvpPkey key) : key_(std::move(key)) {}

 protected:
  EVP_PKEY* key() const noexcept { return key_.get(); }

  /// `signature` in the library's form.
  bool VerifiesEncoded(std::string_view text, std::string_view signature) const {
    const VerifyContext context(EVP_MD_CTX_new());
    const bool right = context != nullptr &&
                       EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr,
                                               key_.get(), nullptr) == 1 &&
                       EVP_DigestVerify(context.get(), Octets(signature), signature.size(),
                                        Octets(text), text.size()) == 1;
    ERR_clear_error();  // a wrong signature leaves entries (rule T4)
    return right;
  }

 private:
  const EvpPkey key_;
};

class RsaKey final : public PublicKey {
 public:
  using PublicKey::PublicKey;

  std::string_view algorithm() const noexcept override { return "RS256"; }
  bool Verifies(std::string_view text, std::string_view signature) const override {
    const auto size = static_cast<std::size_t>(EVP_PKEY_get_size(key()));
    const bool fits = signature.size() == size;
    return VerifiesEncoded(text, fits ? std::string(signature) : StandIn(size)) && fits;
  }
};

/// A signature of two numbers one after the other (RFC 7518, section 3.4) as DER, which the library
/// wants; empty without memory.
std::string AsDer(std::string_view raw) {
  constexpr int kHalf = static_cast<int>(kP256Bytes);
  EcdsaSignature both(ECDSA_SIG_new());
  BigNumber r(BN_bin2bn(Octets(raw.substr(0, kP256Bytes)), kHalf, nullptr));
  BigNumber s(BN_bin2bn(Octets(raw.substr(kP256Bytes)), kHalf, nullptr));
  if (both == nullptr || r == nullptr || s == nullptr) return {};
  if (ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
  // Now `both` owns the numbers.
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  std::array<unsigned char, 2 * kP256Bytes + 16> der{};
  unsigned char* end = der.data();
  const int size = i2d_ECDSA_SIG(both.get(), nullptr);
  if (size <= 0 || static_cast<std::size_t>(size) > der.size()) return {};
  if (i2d_ECDSA_SIG(both.get(), &end) != size) return {};
  return {der.begin(), der.begin() + size};
}

class EcKey final : public PublicKey {
 public:
  using PublicKey::PublicKey;

  std::string_view algorithm() const noexcept override { return "ES256"; }
  bool Verifies(std::string_view text, std::string_view signature) const override {
    const bool fits = signature.size() == 2 * kP256Bytes;
    const std::string stand_in = StandIn(2 * kP256Bytes);
    return VerifiesEncoded(text, AsDer(fits ? signature : stand_in)) && fits;
  }
};

Error Unusable(const std::string& why) {
  return {ErrorCode::kBadConfiguration,
          "JWT_PUBLIC_KEY " + why +
              " It takes public keys in PEM, -----BEGIN PUBLIC KEY----- and so on, of RSA (2048 to "
              "8192 bits) or the curve P-256; `openssl pkey -in private.pem -pubout` prints one."};
}

bool IsP256(EVP_PKEY* key) {
  std::array<char, 32> name{};
  std::size_t length = 0;
  return EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) == 1 &&
         std::string_view(name.data(), length) == "prime256v1";
}

Result<std::unique_ptr<const JwtKey>> KeyOfKind(EvpPkey key) {
  if (EVP_PKEY_is_a(key.get(), "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(key.get());
    if (bits < kLeastRsaBits || bits > kMostRsaBits) {
      return Unusable("holds an RSA key of " + std::to_string(bits) + " bits.");
    }
    return std::unique_ptr<const JwtKey>(std::make_unique<RsaKey>(std::move(key)));
  }
  if (EVP_PKEY_is_a(key.get(), "EC") == 1 && IsP256(key.get())) {
    return std::unique_ptr<const JwtKey>(std::make_unique<EcKey>(std::move(key)));
  }
  return Unusable("holds a key of another kind or curve.");
}

}  // namespace

std::unique_ptr<const JwtKey> MakeHmacKey(Secret secret) {
  return std::make_unique<HmacKey>(std::move(secret));
}

Result<JwtKeys> ReadPublicKeys(std::string_view pem) {
  if (pem.size() > kLongestPem) return Unusable("is longer than 64 KiB.");
  if (pem.find("PRIVATE KEY-----") != std::string_view::npos) {
    return Unusable("holds a private key, which the service must not have.");
  }
  JwtKeys keys;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return Unusable("cannot be read: out of memory.");
  constexpr std::string_view kBegin = "-----BEGIN";
  std::size_t announced = 0;
  for (std::size_t at = pem.find(kBegin); at != std::string_view::npos;
       at = pem.find(kBegin, at + kBegin.size())) {
    ++announced;
  }
  if (announced > kMostKeys) return Unusable("holds more than eight keys.");
  for (std::size_t i = 0; i < announced; ++i) {
    ERR_clear_error();
    EvpPkey key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (key == nullptr) return Unusable("cannot be read.");
    Result<std::unique_ptr<const JwtKey>> made = KeyOfKind(std::move(key));
    if (!made) return std::move(made).error();
    keys.push_back(std::move(made).value());
  }
  if (keys.empty()) return Unusable("holds no key.");
  return keys;
}

}  // namespace vcache::api
