#include "api/gate.h"

#include <doctest/doctest.h>

#include <set>

#include "support/api_fixture.h"
#include "support/credentials.h"
#include "support/jwt_maker.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;
using test::Header;

namespace {

const std::string kOpsToken = "v8Qm2xKd7Lp4Tz9Wb6";
const std::string kReadToken = "n3Rf5yHs1Gc8Jv0Xe7";
const std::string kKey = "u6Zt4wPa9Mk2Bq7Ds1";
const std::string kSigningSecret = "kJ7vQ2mXw9dR4tYb6nHc3sLf8gZp5aEu";
constexpr const char* kStats = "/api/admin/cache/stats";
constexpr const char* kClear = "/api/admin/cache/clear";

std::string TokenOf(const std::string& claims) {
  return test::HmacToken(kSigningSecret, "{" + claims + R"(,"exp":1767225660})");
}

api::ApiOptions Guarding(bool with_users = true) {
  api::CredentialOptions credentials;
  credentials.admin_tokens = {{"ops", Secret(kOpsToken), AccessScope::kAdmin},
                              {"support", Secret(kReadToken), AccessScope::kAdminRead}};
  if (with_users) {
    credentials.api_keys = {{"site", Secret(kKey), AccessScope::kUser}};
    credentials.jwt.secrets = {Secret(kSigningSecret)};
  }
  api::ApiOptions options;
  options.authenticator = test::Accepting(credentials);
  return options;
}

test::Call Bearing(const std::string& token, const char* method, const char* target) {
  test::Call call{method, target, {{"Content-Type", "text/plain"}}};
  if (std::string(target) == "/api/analysis/text") call.body = ApiFixture::Text();
  if (!token.empty()) call.headers.emplace_back("Authorization", "Bearer " + token);
  return call;
}

}  // namespace

TEST_CASE("gate: what each caller may do, and 401 or 403 for the rest") {
  ApiFixture bench(Guarding());
  const std::string known = "/api/analysis/" + std::string(64, '0') + "?kind=text";
  const auto statuses = [&](const std::string& token) {
    std::vector<int> all;
    all.push_back(bench.Send(Bearing(token, "POST", "/api/analysis/text")).status);
    all.push_back(bench.Send(Bearing(token, "GET", known.c_str())).status);
    all.push_back(bench.Send(Bearing(token, "GET", kStats)).status);
    all.push_back(bench.Send(Bearing(token, "POST", kClear)).status);
    return all;
  };
  using All = std::vector<int>;
  CHECK(statuses("") == All{401, 401, 401, 401});
  CHECK(statuses("wrong-wrong-wrong") == All{401, 401, 401, 401});
  CHECK(statuses(kKey) == All{200, 404, 403, 403});
  CHECK(statuses(TokenOf(R"("sub":"u1")")) == All{200, 404, 403, 403});
  CHECK(statuses(TokenOf(R"("sub":"u2","role":"ADMIN")")) == All{200, 404, 200, 200});
  CHECK(statuses(kReadToken) == All{403, 404, 200, 403});
  CHECK(statuses(kOpsToken) == All{200, 404, 200, 200});
}

TEST_CASE("gate: health and the page need nobody") {
  ApiFixture bench(Guarding());
  for (const char* path : {"/", "/api/health", "/api/health/ready"}) {
    CHECK(bench.Send({"GET", path}).status == 200);
  }
}

TEST_CASE("gate: a refused request is refused by its head, and nothing is paid for") {
  ApiFixture bench(Guarding());
  test::Call call = Bearing("", "POST", "/api/analysis/file");
  call.body = "never read";
  const auto missing = bench.Send(call);
  CHECK(missing.status == 401);
  CHECK(Header(missing, "WWW-Authenticate").starts_with("Bearer"));
  CHECK(bench.vendor->calls == 0);
}

TEST_CASE("gate: one answer for all wrong credentials; the log has the reason, not the token") {
  ApiFixture bench(Guarding());
  const std::string good = TokenOf(R"("sub":"u1")");
  const std::string expired = test::HmacToken(kSigningSecret, R"({"sub":"u1","exp":1})");
  const std::string none =
      test::Unsigned(R"({"alg":"none"})", R"({"role":"ADMIN","exp":1999999999})") + ".";
  for (const char* target : {"/api/analysis/text", kClear}) {
    std::set<std::string> texts;
    for (const std::string& token :
         {std::string("x"), kOpsToken + "x", good + "x", expired, none, std::string(5000, 'x'),
          test::HmacToken("another-secret-another-secret-00", R"({"exp":1999999999})"),
          test::HmacToken(kSigningSecret, R"({"sub":"u1"})"),
          test::HmacToken(kSigningSecret, R"({"exp":1999999999,"nbf":1999999998})")}) {
      const auto answer = bench.Send(Bearing(token, "POST", target));
      CHECK(answer.status == 401);
      CHECK(Header(answer, "WWW-Authenticate") == "Bearer realm=\"VerdictCache\"");
      CHECK_FALSE(answer.log_reason.empty());
      texts.insert(answer.body);
      for (const auto& line : bench.logger.lines()) {
        CHECK(line.fields.find(token.substr(0, 200)) == std::string::npos);
      }
    }
    CHECK(texts.size() == 1);
  }
  CHECK(bench.vendor->calls == 0);
}

TEST_CASE("gate: a failed try at the admin routes is a warning with the client and the caller") {
  ApiFixture bench(Guarding());
  const auto warnings = [&] {
    std::vector<std::string> all;
    for (const auto& line : bench.logger.lines()) {
      if (line.level == LogLevel::kWarn) all.push_back(line.message + " " + line.fields);
    }
    return all;
  };
  bench.Send(Bearing("", "GET", kStats));  // nobody tried anything
  bench.Send(Bearing("wrong", "POST", "/api/analysis/text"));
  CHECK(warnings().empty());
  bench.Send(Bearing("wrong", "GET", kStats));
  REQUIRE(warnings().size() == 1);
  CHECK(warnings()[0].find("A try at the admin routes was refused") == 0);
  CHECK(warnings()[0].find("client=192.0.2.7") != std::string::npos);
  bench.Send(Bearing(kKey, "GET", kStats));
  REQUIRE(warnings().size() == 2);
  CHECK(warnings()[1].find("caller=key:site") != std::string::npos);
}

TEST_CASE("gate: open analysis routes ask for nobody, and let foreign credentials pass") {
  ApiFixture bench(Guarding(/*with_users=*/false));
  CHECK(bench.Send(Bearing("", "POST", "/api/analysis/text")).status == 200);
  CHECK(bench.Send(Bearing("of-some-proxy", "POST", "/api/analysis/text")).status == 200);
  CHECK(bench.Send(Bearing("of-some-proxy", "GET", kStats)).status == 401);
}

TEST_CASE("gate: the audit line of a clear says who") {
  ApiFixture bench(Guarding());
  bench.Send(Bearing(TokenOf(R"("userId":42,"role":"ADMIN")"), "POST", kClear));
  const auto line = bench.logger.lines().back();
  CHECK(line.message == "Cache cleared");
  CHECK(line.fields.find("caller=user:42") != std::string::npos);
}

TEST_CASE("request log: says who asked, where that is known") {
  test::RecordingLogger logger;
  const http::ServerHooks hooks = api::MakeHooks({}, logger);
  http::RequestInfo info;
  http::AccessRecord record;
  record.request = &info;
  record.status = 200;
  hooks.on_finished(record);
  CHECK(logger.lines().back().fields.find("caller") == std::string::npos);
  info.caller = "key:site";
  hooks.on_finished(record);
  CHECK(logger.lines().back().fields.find("caller=key:site") != std::string::npos);
}

TEST_CASE("gate: a foreign page and a foreign host are refused before anything is paid for") {
  api::ApiOptions options;
  options.cors_origins = {"https://www.example.com"};
  options.hosts = {"verdicts.example"};
  ApiFixture bench(options);
  test::Call call = Bearing("", "POST", "/api/analysis/text");
  call.headers.emplace_back("Host", "verdicts.example");
  call.headers.emplace_back("Origin", "https://evil.example");
  const auto foreign = bench.Send(call);
  CHECK(foreign.status == 403);
  CHECK(Body(foreign)["code"] == "foreign_site");
  CHECK(foreign.log_reason.find("CORS_ORIGINS") != std::string::npos);
  call.headers.back().second = "https://www.example.com";
  CHECK(bench.Send(call).status == 200);
  test::Call rebound{"GET", "/api/analysis/" + std::string(64, '0'), {{"Host", "evil.example"}}};
  const auto misdirected = bench.Send(rebound);
  CHECK(misdirected.status == 421);
  CHECK(Body(misdirected)["code"] == "misdirected");
  CHECK(bench.Send({"GET", "/api/health", {{"Host", "10.0.0.1.probe"}}}).status == 200);
  CHECK(bench.vendor->calls == 1);
}
