#include <doctest/doctest.h>

#include "api/auth/base64url.h"
#include "api/auth/jwt.h"
#include "support/fake_clock.h"
#include "support/jwt_maker.h"

using namespace vcache;
using test::HmacToken;
using test::JwtSigner;

namespace {

const std::string kClaims = R"({"sub":"u1","exp":1767225660})";
const std::string kRs256 = R"({"alg":"RS256"})";
const std::string kEs256 = R"({"alg":"ES256"})";

const JwtSigner& RsaSigner() {
  static const JwtSigner signer = JwtSigner::Rsa();
  return signer;
}
const JwtSigner& EcSigner() {
  static const JwtSigner signer = JwtSigner::Ec();
  return signer;
}

bool AcceptedWith(const std::string& public_keys, const std::string& token) {
  test::FakeClock clock;
  Result<api::JwtKeys> keys = api::ReadPublicKeys(public_keys);
  REQUIRE(keys);
  const api::JwtVerifier verifier(std::move(keys).value(), {}, clock);
  return verifier.Verify(token).has_value();
}

}  // namespace

TEST_CASE("public keys: RS256 and ES256 are verified, each by its kind of key") {
  CHECK(AcceptedWith(RsaSigner().PublicPem(), RsaSigner().Token(kClaims, kRs256)));
  CHECK(AcceptedWith(EcSigner().PublicPem(), EcSigner().Token(kClaims, kEs256)));
  CHECK_FALSE(AcceptedWith(JwtSigner::Rsa().PublicPem(), RsaSigner().Token(kClaims, kRs256)));
  CHECK_FALSE(AcceptedWith(JwtSigner::Ec().PublicPem(), EcSigner().Token(kClaims, kEs256)));
  CHECK_FALSE(AcceptedWith(RsaSigner().PublicPem(), EcSigner().Token(kClaims, kEs256)));
  for (const char* header : {R"({"alg":"PS256"})", R"({"alg":"RS384"})", R"({"alg":"HS256"})",
                             R"({"alg":"none"})", R"({"alg":"ES256"})"}) {
    CAPTURE(header);
    CHECK_FALSE(AcceptedWith(RsaSigner().PublicPem(), RsaSigner().Token(kClaims, header)));
  }
  CHECK_FALSE(AcceptedWith(EcSigner().PublicPem(), EcSigner().Token(kClaims, kRs256)));
}

TEST_CASE("public keys: one used as an HS256 secret signs nothing (rule S1)") {
  for (const JwtSigner* signer : {&RsaSigner(), &EcSigner()}) {
    const std::string pem = signer->PublicPem();
    const std::string der = pem.substr(pem.find('\n') + 1);
    for (const std::string& secret :
         {pem, pem.substr(0, pem.size() - 1), pem + "\n", der, std::string()}) {
      for (const char* header :
           {R"({"alg":"HS256"})", R"({"alg":"RS256"})", R"({"alg":"ES256"})"}) {
        CHECK_FALSE(AcceptedWith(pem, HmacToken(secret, kClaims, header)));
      }
    }
  }
}

TEST_CASE("public keys: several are tried, so that an issuer can change its key") {
  const JwtSigner next = JwtSigner::Rsa();
  const std::string both =
      RsaSigner().PublicPem() + "\n" + next.PublicPem() + EcSigner().PublicPem();
  CHECK(AcceptedWith(both, RsaSigner().Token(kClaims, kRs256)));
  CHECK(AcceptedWith(both, next.Token(kClaims, kRs256)));
  CHECK(AcceptedWith(both, EcSigner().Token(kClaims, kEs256)));
  CHECK_FALSE(AcceptedWith(both, JwtSigner::Rsa().Token(kClaims, kRs256)));
}

TEST_CASE("public keys: a signature of another form or size is refused") {
  const std::string rsa = RsaSigner().Token(kClaims, kRs256);
  const std::string ec = EcSigner().Token(kClaims, kEs256);
  const auto with = [](const std::string& token, const std::string& signature) {
    return token.substr(0, token.rfind('.') + 1) + test::Base64Url(signature);
  };
  const std::string ec_text = ec.substr(0, ec.rfind('.'));
  for (const std::string& signature :
       {std::string(), std::string(64, '\0'), std::string(64, '\xFF'), std::string(63, 'x'),
        std::string(65, 'x'), EcSigner().Signature(ec_text)}) {
    CHECK_FALSE(AcceptedWith(EcSigner().PublicPem(), with(ec, signature)));
  }
  for (const std::string& signature :
       {std::string(), std::string(256, '\0'), std::string(256, '\xFF'), std::string(255, 'x')}) {
    CHECK_FALSE(AcceptedWith(RsaSigner().PublicPem(), with(rsa, signature)));
  }
}

TEST_CASE("ReadPublicKeys: says what is wrong with a text") {
  const std::string good = RsaSigner().PublicPem();
  const auto why = [](const std::string& pem) {
    const auto keys = api::ReadPublicKeys(pem);
    REQUIRE_FALSE(keys);
    CHECK(keys.error().code == ErrorCode::kBadConfiguration);
    CHECK(keys.error().message.starts_with("JWT_PUBLIC_KEY "));
    return keys.error().message;
  };
  CHECK(why(JwtSigner::Rsa(1024).PublicPem()).find("1024 bits") != std::string::npos);
  CHECK(why(JwtSigner::Ec("P-384").PublicPem()).find("curve") != std::string::npos);
  CHECK(why(RsaSigner().PrivatePem()).find("private key") != std::string::npos);
  CHECK(why(good.substr(0, good.size() / 2)).find("cannot be read") != std::string::npos);
  CHECK(
      why("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").find("cannot be read") !=
      std::string::npos);
  CHECK(why("").find("no key") != std::string::npos);
  CHECK(why(std::string(100'000, 'x')).find("64 KiB") != std::string::npos);
  std::string many;
  for (int i = 0; i < 9; ++i) many += good;
  CHECK(why(many).find("eight") != std::string::npos);
}
