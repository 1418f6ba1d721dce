#include "api/problem.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "support/api_fixture.h"
#include "support/credentials.h"
#include "vcache/api/api.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;

namespace {

const std::string kAdminToken = "a-token-of-an-administrator";

api::ApiOptions Administered() {
  api::ApiOptions options;
  options.authenticator = test::AcceptingAdmin(kAdminToken);
  return options;
}

std::string Told(const http::Response& response) {
  const Json body = Body(response);
  CHECK(body["detail"] == body["error"]);
  return body["error"].get<std::string>();
}

/// The same request from anybody and from an administrator.
struct Answers {
  http::Response anybody;
  http::Response administrator;
};

Answers AskTwice(ApiFixture& bench, test::Call call) {
  http::Response anybody = bench.Send(call);
  bench.clock.Advance(std::chrono::minutes(1));  // a failure is held for a while
  call.headers.emplace_back("Authorization", "Bearer " + kAdminToken);
  return {std::move(anybody), bench.Send(call)};
}

test::Call SomeText() {
  return {"POST", "/api/analysis/text", {{"Content-Type", "text/plain"}}, ApiFixture::Text()};
}

void CheckWithheld(const Answers& answers, std::string_view words) {
  CAPTURE(words);
  CHECK(Told(answers.anybody).find(words) == std::string::npos);
  CHECK(Told(answers.anybody).find("requestId") != std::string::npos);
  CHECK(answers.anybody.log_reason.find(words) != std::string::npos);
  CHECK(Told(answers.administrator).find(words) != std::string::npos);
  CHECK(answers.anybody.status == answers.administrator.status);
}

}  // namespace

TEST_CASE("problems: without a vendor the variables are told to administrators and the log") {
  ApiFixture bench(Administered(), /*with_vendor=*/false);
  CheckWithheld(AskTwice(bench, SomeText()), "SAPLING_API_KEY");
}

TEST_CASE("problems: a vendor's refusal of our credentials is no business of the sender") {
  ApiFixture bench(Administered());
  bench.vendor->answer = [](const auto&) {
    return Error{ErrorCode::kVendorRefused, "sapling: The key was refused; check SAPLING_API_KEY.",
                 Charge::kNone};
  };
  CheckWithheld(AskTwice(bench, SomeText()), "SAPLING_API_KEY");
}

TEST_CASE("problems: a vendor's refusal of the content is told to its sender") {
  ApiFixture bench(Administered());
  bench.vendor->answer = [](const auto&) {
    return ForEverybody({ErrorCode::kVendorRefused, "sapling: Longer texts are judged."});
  };
  const http::Response refused = bench.Send(SomeText());
  CHECK(Told(refused) == "sapling: Longer texts are judged.");
  CHECK(refused.log_reason.empty());
}

TEST_CASE("problems: a spool that fails does not tell where it is") {
  api::ApiOptions options = Administered();
  options.spool.memory_bytes = 0;
  options.spool.directory = "/no-such-directory/spool";
  ApiFixture bench(options);
  const Answers answers = AskTwice(
      bench, {"POST", "/api/analysis/file", {{"Content-Type", "image/png"}}, "\x89PNG\r\n\x1a\n"});
  CHECK(answers.anybody.status == 503);
  CHECK(Body(answers.anybody)["code"] == "io_error");
  CheckWithheld(answers, "/no-such-directory");
  CheckWithheld(answers, "SPOOL_DIR");
}

TEST_CASE("problems: an administrator is one by the right token only") {
  const Error error{ErrorCode::kIo, "/var/spool is full"};
  test::RecordingLogger logger;
  const http::ServerHooks hooks = api::MakeHooks(Administered(), logger);
  const auto told = [&](const http::ServerHooks& by, const std::string& value) {
    http::RequestInfo request;
    request.headers.Add("Authorization", value);
    return Told(by.render_error(request, error));
  };
  for (const std::string& value : {"Bearer " + kAdminToken + "x", std::string("Bearer "),
                                   "Basic " + kAdminToken, kAdminToken}) {
    CHECK(told(hooks, value).find("/var") == std::string::npos);
  }
  CHECK(told(hooks, "Bearer " + kAdminToken) == error.message);
  CHECK(told(api::MakeHooks({}, logger), "Bearer " + kAdminToken).find("/var") ==
        std::string::npos);
}

TEST_CASE("problems: errors of the gate follow the same rule as those of the routes") {
  test::RecordingLogger logger;
  const http::ServerHooks hooks = api::MakeHooks(Administered(), logger);
  const http::Response refused = hooks.render_error({}, {ErrorCode::kIo, "/var/spool is full"});
  CHECK(Told(refused).find("/var") == std::string::npos);
  CHECK(refused.log_reason == "/var/spool is full");
}

TEST_CASE("request log: a withheld reason is a warning under the request's id") {
  test::RecordingLogger logger;
  const http::ServerHooks hooks = api::MakeHooks({}, logger);
  http::RequestInfo info;
  info.id = "id-1";
  info.path = "/a\" status=200";
  http::AccessRecord record;
  record.request = &info;
  record.status = 503;
  record.outcome = "io_error";
  record.reason = "/var/spool is full";
  hooks.on_finished(record);
  const auto line = logger.lines().front();
  CHECK(line.level == LogLevel::kWarn);
  CHECK(line.message == "Request");
  CHECK(line.fields.find(" path=/a\" status=200 status=503 ") != std::string::npos);
  CHECK(line.fields.find(" request_id=id-1") != std::string::npos);
  CHECK(line.fields.find(" reason=/var/spool is full") != std::string::npos);
}

TEST_CASE("request log: with KEY_SECRET no path and no pattern bears digits of a plain hash") {
  const std::string plain = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  const cache::KeySpace keys({"", Secret("a key secret of more than 32 bytes...")});
  const std::string stored =
      keys.StoredDigest({cache::ContentKind::kText, *content::ContentDigest::FromHex(plain)})
          .ToShortHex();
  for (const bool keyed : {false, true}) {
    test::RecordingLogger logger;
    api::ApiOptions options = Administered();
    if (keyed) options.keys = keys;
    const http::ServerHooks hooks = api::MakeHooks(options, logger);
    ApiFixture bench(options);
    for (const std::string& path :
         {"/api/analysis/" + plain, "/api/analysis/" + plain.substr(0, 40), "/" + plain + "/x"}) {
      http::RequestInfo info;
      info.path = path;
      http::AccessRecord record;
      record.request = &info;
      hooks.on_finished(record);
    }
    bench.Send({"POST",
                "/api/admin/cache/clear",
                {{"Authorization", "Bearer " + kAdminToken}},
                R"({"pattern":"text:)" + plain + R"("})"});
    std::string all;
    for (const auto& line : logger.lines()) all += line.fields;
    for (const auto& line : bench.logger.lines()) all += line.fields;
    CAPTURE(all);
    CHECK((all.find("01234567") == std::string::npos) == keyed);
    CHECK((all.find("/api/analysis/" + stored) != std::string::npos) == keyed);
    CHECK((all.find("pattern=text:" + (keyed ? stored : plain)) != std::string::npos));
  }
}
