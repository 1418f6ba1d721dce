#include "api/auth/jwt.h"

#include <doctest/doctest.h>

#include "api/auth/base64url.h"
#include "support/fake_clock.h"
#include "support/jwt_maker.h"

using namespace vcache;

using test::HmacToken;

namespace {

const std::string kSecret = "kJ7vQ2mXw9dR4tYb6nHc3sLf8gZp5aEu";
/// What `FakeClock` says at first.
constexpr std::int64_t kNow = 1'767'225'600;

std::string Expiring(std::int64_t at, const std::string& more = "") {
  return R"({"sub":"u1","exp":)" + std::to_string(at) + more + "}";
}
const std::string kValid = Expiring(kNow + 60);

class Verifying {
 public:
  explicit Verifying(api::JwtOptions options = {}) {
    api::JwtKeys keys;
    keys.push_back(api::MakeHmacKey(Secret(kSecret)));
    verifier_ = std::make_unique<api::JwtVerifier>(std::move(keys), std::move(options), clock);
  }

  Result<api::Caller> operator()(const std::string& token) const {
    return verifier_->Verify(token);
  }
  /// Of a token with this payload that is signed as it should be.
  Result<api::Caller> Of(const std::string& payload) const {
    return (*this)(HmacToken(kSecret, payload));
  }
  /// Why it is refused; empty when it is not.
  std::string Why(const std::string& token) const {
    const auto caller = (*this)(token);
    return caller ? std::string() : caller.error().message;
  }

  test::FakeClock clock;

 private:
  std::unique_ptr<api::JwtVerifier> verifier_;
};

}  // namespace

TEST_CASE("JwtVerifier: a signed token names its user") {
  const Verifying verify;
  const auto caller = verify.Of(kValid);
  REQUIRE(caller);
  CHECK(caller->kind == api::CallerKind::kUser);
  CHECK(caller->name == "u1");
  CHECK(caller->scope == AccessScope::kUser);
  CHECK(caller->LogName() == "user:u1");
}

TEST_CASE("JwtVerifier: the user is sub, else userId, else id, as a text or a whole number") {
  const Verifying verify;
  const auto name = [&](const std::string& claims) {
    const auto caller = verify.Of("{" + claims + ",\"exp\":" + std::to_string(kNow + 60) + "}");
    REQUIRE(caller);
    return caller->name;
  };
  CHECK(name(R"("id":"c","userId":"b","sub":"a")") == "a");
  CHECK(name(R"("id":"c","userId":"b")") == "b");
  CHECK(name(R"("id":42)") == "42");
  CHECK(name(R"("sub":"","userId":"b")") == "b");
  CHECK(name(R"("sub":{"a":1},"id":"c")") == "c");
  CHECK(name(R"("sub":1.5)").empty());
  CHECK(name(R"("name":"x")").empty());
  CHECK(name("\"sub\":\"" + std::string(257, 'x') + "\",\"id\":\"c\"") == "c");
}

TEST_CASE("JwtVerifier: administrators by role, or by any of their ids") {
  const Verifying verify({.admin_user_ids = {"boss", "42"}});
  const auto scope = [&](const std::string& claims) {
    const auto caller = verify.Of("{" + claims + ",\"exp\":" + std::to_string(kNow + 60) + "}");
    REQUIRE(caller);
    return caller->scope;
  };
  CHECK(scope(R"("sub":"u1","role":"ADMIN")") == AccessScope::kAdmin);
  CHECK(scope(R"("sub":"boss")") == AccessScope::kAdmin);
  CHECK(scope(R"("sub":"auth0|1","userId":42)") == AccessScope::kAdmin);
  for (const char* claims :
       {R"("role":"admin")", R"("role":"ADMIN ")", R"("role":"USER")", R"("role":["ADMIN"])",
        R"("role":{"ADMIN":1})", R"("role":true)", R"("Role":"ADMIN")", R"("sub":"Boss")",
        R"("sub":"4")", R"("name":"boss")", R"("role":"ADMIN\u0000")"}) {
    CAPTURE(claims);
    CHECK(scope(claims) == AccessScope::kUser);
  }
}

TEST_CASE("JwtVerifier: no algorithm but that of the key, whatever the token says") {
  const Verifying verify;
  for (const char* alg : {"none", "None", "NONE", "hs256", "HS256 ", "HS384", "HS512", "RS256",
                          "ES256", "PS256", "EdDSA", ""}) {
    CAPTURE(alg);
    const std::string header = std::string(R"({"alg":")") + alg + R"("})";
    CHECK_FALSE(verify(HmacToken(kSecret, kValid, header)));
    CHECK_FALSE(verify(test::Unsigned(header, kValid) + "."));
    CHECK_FALSE(verify(test::Unsigned(header, kValid)));
  }
  for (const char* header : {"{}", R"({"typ":"JWT"})", R"({"alg":null})", R"({"alg":["HS256"]})",
                             R"({"alg":{}})", R"(["HS256"])", "\"HS256\"", "", "null",
                             R"({"alg":"HS256","alg":"HS256"})", R"({"alg":"none","alg":"HS256"})",
                             R"({"alg":"HS256","crit":["exp"]})", R"({"alg":"HS256","crit":[]})",
                             R"({"alg":"HS256"} )"
                             "x"}) {
    CAPTURE(header);
    CHECK_FALSE(verify(HmacToken(kSecret, kValid, header)));
  }
  // Where a token says that its key is, is no matter.
  CHECK(verify(HmacToken(kSecret, kValid,
                         R"({"alg":"HS256","kid":"../../dev/null","jku":"https://a.example",)"
                         R"("jwk":{"kty":"oct","k":"AA"},"x5u":"https://a.example"})")));
}

TEST_CASE("JwtVerifier: a changed byte anywhere is refused") {
  const Verifying verify;
  const std::string token = HmacToken(kSecret, kValid);
  REQUIRE(verify(token));
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char other : {'A', 'B', '.', '=', '\0', '\n', ' '}) {
      std::string changed = token;
      if (changed[i] == other) continue;
      changed[i] = other;
      CAPTURE(changed);
      CHECK_FALSE(verify(changed));
    }
  }
  for (const std::string& changed :
       {token + "=", token + ".", "." + token, token + "A", token.substr(0, token.size() - 1),
        token + "." + token, token + " ", std::string(), std::string("."), std::string(".."),
        std::string("..."), std::string(3000, '.')}) {
    CHECK_FALSE(verify(changed));
  }
  CHECK_FALSE(verify(HmacToken(kSecret + "x", kValid)));
  CHECK_FALSE(verify(HmacToken("", kValid)));
}

TEST_CASE("JwtVerifier: exp is a number and required, with a leeway of five seconds") {
  Verifying verify;
  for (const char* claims :
       {R"({"sub":"u1"})", R"({"exp":null})", R"({"exp":"1999999999"})", R"({"exp":true})",
        R"({"exp":{}})", R"({"exp":[1999999999]})", R"({"exp":1e999})", R"({"exp":-1e999})",
        R"({"exp":NaN})", R"({"exp":-1})", R"({"exp":0})", R"({"Exp":1999999999})"}) {
    CAPTURE(claims);
    CHECK_FALSE(verify.Of(claims));
  }
  CHECK(verify.Of(R"({"exp":1e300})"));
  CHECK(verify.Of(R"({"exp":1767225660.5})"));
  CHECK(verify.Of(Expiring(kNow - 4)));
  CHECK_FALSE(verify.Of(Expiring(kNow - 5)));
  CHECK(verify.Why(HmacToken(kSecret, Expiring(kNow - 3600))) == "the token has expired");
  verify.clock.Advance(std::chrono::seconds(65));
  CHECK_FALSE(verify.Of(kValid));
}

TEST_CASE("JwtVerifier: nbf holds where it stands, with the same leeway") {
  const Verifying verify;
  const auto from = [&](const std::string& nbf) {
    return verify.Of(Expiring(kNow + 600, ",\"nbf\":" + nbf)).has_value();
  };
  CHECK(from(std::to_string(kNow)));
  CHECK(from(std::to_string(kNow + 5)));
  CHECK(from("0"));
  for (const std::string& nbf : {std::to_string(kNow + 6), std::string("1e300"),
                                 std::string("null"), std::string("\"0\""), std::string("[]")}) {
    CAPTURE(nbf);
    CHECK_FALSE(from(nbf));
  }
}

TEST_CASE("JwtVerifier: issuer and audience where they are configured") {
  const Verifying any;
  const Verifying ours({.issuer = "https://site.example/", .audience = "verdicts"});
  const auto claims = [](const std::string& more) { return Expiring(kNow + 60, more); };
  CHECK(any.Of(claims(R"(,"iss":"x","aud":["y"])")));
  CHECK(ours.Of(claims(R"(,"iss":"https://site.example/","aud":"verdicts")")));
  CHECK(ours.Of(claims(R"(,"iss":"https://site.example/","aud":["a","verdicts"])")));
  for (const char* more : {"", R"(,"iss":"https://site.example/")", R"(,"aud":"verdicts")",
                           R"(,"iss":"https://site.example","aud":"verdicts")",
                           R"(,"iss":["https://site.example/"],"aud":"verdicts")",
                           R"(,"iss":"https://site.example/","aud":[])",
                           R"(,"iss":"https://site.example/","aud":["verdict"])",
                           R"(,"iss":"https://site.example/","aud":[["verdicts"]])",
                           R"(,"iss":"https://site.example/","aud":{"verdicts":1})"}) {
    CAPTURE(more);
    CHECK_FALSE(ours.Of(claims(more)));
  }
}

TEST_CASE("JwtVerifier: claims named twice, deep or many, and what is no object, are refused") {
  const Verifying verify;
  const std::string exp = "\"exp\":" + std::to_string(kNow + 60);
  const std::string deep = std::string(20, '[') + std::string(20, ']');
  std::string many = "[0";
  for (int i = 0; i < 400; ++i) many += ",0";
  for (const std::string& payload :
       {"{" + exp + "," + exp + "}", "{" + exp + R"(,"role":"USER","role":"ADMIN"})",
        "{" + exp + R"(,"a":{"b":1,"b":2}})", "{" + exp + ",\"a\":" + deep + "}",
        "{" + exp + ",\"a\":" + many + "]}", "[" + exp + "]", std::string("null"), std::string(),
        "{" + exp + "}x", "{" + exp + ",}", "{" + exp + ",\"a\":\"\xFF\"}"}) {
    CAPTURE(payload);
    CHECK_FALSE(verify.Of(payload));
  }
}

TEST_CASE("JwtVerifier: 4 KiB and no more") {
  const Verifying verify;
  const auto padded = [](std::size_t size) {
    return HmacToken(kSecret, Expiring(kNow + 60, ",\"a\":\"" + std::string(size, 'x') + "\""));
  };
  std::size_t fits = 2000;
  while (padded(fits + 1).size() <= api::kLongestJwt) ++fits;
  CHECK(verify(padded(fits)));
  CHECK_FALSE(verify(padded(fits + 3)));
  CHECK_FALSE(verify(padded(100'000)));
}

TEST_CASE("JwtVerifier: a reason quotes nothing of the token") {
  const Verifying verify;
  const std::string marker = "mk7xqz91kd";
  const std::string header = R"({"alg":")" + marker + "\"}";
  for (const std::string& token :
       {marker, marker + "." + marker + "." + marker, HmacToken(kSecret, kValid, header),
        HmacToken(kSecret, "{\"" + marker + "\":1}"), HmacToken(kSecret, marker)}) {
    CAPTURE(token);
    CHECK_FALSE(verify.Why(token).empty());
    CHECK(verify.Why(token).find(marker) == std::string::npos);
  }
}
