#include "app/alerting/alert_webhook.h"

#include <doctest/doctest.h>

#include <string>

#include "json/json.h"
#include "support/fake_clock.h"
#include "support/fake_http_client.h"
#include "support/recording_logger.h"

using namespace vcache;  // NOLINT: a test
using namespace std::chrono_literals;
using app::AlertWebhook;
using metrics::AlertChange;
using metrics::AlertCode;

namespace {

const std::string kHook = "https://hooks.example/services/T0/secret-path";

AlertChange Change(bool is_raised = true, std::string subject = {}) {
  return {{AlertCode::kStoreAway, std::move(subject), metrics::AlertSeverity::kWarning,
           "The store does not serve.", test::FakeClock::kStart},
          is_raised,
          test::FakeClock::kStart + (is_raised ? 0s : 200s)};
}

struct WebhookFixture {
  test::FakeHttpClient http;
  test::FakeClock clock;
  test::RecordingLogger logger;
  AlertWebhook webhook{{Secret(kHook), Secret(), "1.2"}, http, clock, logger};
};

std::string HeaderIn(const net::HttpRequest& request, std::string_view name) {
  for (const auto& [field, value] : request.headers) {
    if (field == name) return value;
  }
  return {};
}

}  // namespace

TEST_CASE("AlertBody: one sentence where chats look for it, and fields for programs") {
  const app::AlertSender sender{"web-1:8080", "1.2"};
  const Json raised = *ParseJson(AlertBody(Change(true, "hive"), sender));
  CHECK(raised["type"] == "alert.raised");
  CHECK(raised["text"] ==
        "[VerdictCache web-1:8080] WARNING store_away (hive): The store does not serve.");
  CHECK(raised["content"] == raised["text"]);
  CHECK(raised["instance"] == "web-1:8080");
  CHECK(raised["timestamp"] == "2026-01-01T00:00:00Z");
  CHECK(raised["data"] == Json::object({{"code", "store_away"},
                                        {"subject", "hive"},
                                        {"severity", "warning"},
                                        {"message", "The store does not serve."},
                                        {"since", "2026-01-01T00:00:00Z"},
                                        {"active", true}}));
  const Json over = *ParseJson(AlertBody(Change(false), sender));
  CHECK(over["type"] == "alert.resolved");
  CHECK(over["text"] == "[VerdictCache web-1:8080] RESOLVED store_away after 200 s");
  CHECK(over["data"]["active"] == false);
  CHECK_FALSE(over["data"].contains("subject"));
}

TEST_CASE("WebhookHeaders: signs as the example of Standard Webhooks does") {
  // The known answer of the specification's reference libraries.
  const auto headers = app::WebhookHeaders(
      "msg_p5jXN8AQM9LWM0D4loKWxJek", WallTime(std::chrono::seconds(1'614'265'330)),
      R"({"test": 2432232314})", Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  const std::pair<std::string, std::string> signature = {
      "webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="};
  CHECK(headers.back() == signature);
  CHECK(app::WebhookHeaders("id", {}, "{}", Secret()).size() == 3);  // unsigned
}

TEST_CASE("AlertWebhook: sends in order, each once") {
  WebhookFixture world;
  world.webhook.OnAlert(Change());
  world.webhook.OnAlert(Change(false));
  world.http.Reply(200, "ok");
  world.http.Reply(204, "");
  CHECK(world.webhook.SendOne() == 0ms);
  CHECK(world.webhook.SendOne() == 0ms);
  CHECK(world.webhook.SendOne() > 0ms);  // nothing waits
  REQUIRE(world.http.sent().size() == 2);
  CHECK(world.http.sent()[0].request.url == kHook);
  CHECK(world.http.sent()[0].text.find("alert.raised") != std::string::npos);
  CHECK(world.http.sent()[1].text.find("alert.resolved") != std::string::npos);
  CHECK(world.logger.lines().empty());
}

TEST_CASE("AlertWebhook: repeats with growing pauses and one id, five times at most") {
  WebhookFixture world;
  world.webhook.OnAlert(Change());
  world.http.Reply(500, "");
  world.http.Fail({ErrorCode::kVendorUnavailable, "The webhook refused the connection."});
  world.http.Reply(429, "", {{"retry-after", "60"}});
  world.http.Reply(429, "", {{"retry-after", "9999"}});
  world.http.Reply(503, "");
  CHECK(world.webhook.SendOne() == 1s);
  world.clock.Advance(1s);
  CHECK(world.webhook.SendOne() == 5s);
  CHECK(world.webhook.SendOne() == 60s);   // as it asked
  CHECK(world.webhook.SendOne() == 120s);  // within reason
  CHECK(world.logger.lines().empty());
  CHECK(world.webhook.waiting() == 1);
  world.webhook.SendOne();
  CHECK(world.webhook.waiting() == 0);
  REQUIRE(world.logger.Count(LogLevel::kWarn) == 1);
  CHECK(world.logger.lines()[0].fields ==
        " alert=store_away attempts=5 reason=It answered with status 503.");
  const auto& sent = world.http.sent();
  REQUIRE(sent.size() == 5);
  CHECK(HeaderIn(sent[0].request, "webhook-id") == HeaderIn(sent[4].request, "webhook-id"));
  CHECK(HeaderIn(sent[0].request, "webhook-timestamp") == "1767225600");
  CHECK(HeaderIn(sent[1].request, "webhook-timestamp") == "1767225601");
}

TEST_CASE("AlertWebhook: what will never be taken is not repeated, and no log has the URL") {
  WebhookFixture world;
  for (const int status : {301, 400, 404, 410}) {
    world.webhook.OnAlert(Change());
    world.http.Reply(status, "secret-path");
    world.webhook.SendOne();
  }
  CHECK(world.webhook.waiting() == 0);
  CHECK(world.http.sent().size() == 4);
  CHECK(world.logger.Count(LogLevel::kWarn) == 4);
  for (const auto& line : world.logger.lines()) {
    CHECK(line.fields.find("secret-path") == std::string::npos);
    CHECK(line.fields.find("hooks.example") == std::string::npos);
  }
}

TEST_CASE("AlertWebhook: 100 wait at most; the oldest go, and are counted") {
  WebhookFixture world;
  for (int i = 0; i < 103; ++i) world.webhook.OnAlert(Change(true, std::to_string(i)));
  CHECK(world.webhook.waiting() == 100);
  CHECK(world.logger.Count(LogLevel::kWarn) == 1);
  for (int i = 0; i < 100; ++i) {
    world.http.Reply(200, "");
    world.webhook.SendOne();
  }
  CHECK(world.http.sent()[0].text.find(R"("subject":"3")") != std::string::npos);
  CHECK(world.webhook.waiting() == 0);
  REQUIRE(world.logger.Count(LogLevel::kWarn) == 2);
  CHECK(world.logger.lines()[1].fields == " alerts=3");
}

TEST_CASE("AlertWebhook: its thread sends, and ends while something waits") {
  WebhookFixture world;
  world.http.Reply(500, "");
  world.webhook.Start("web-1:8080");
  world.webhook.OnAlert(Change());
  world.clock.AwaitWaiters(1);
  world.clock.Advance(1s);
  while (world.http.count() == 0) world.clock.AwaitWaiters(1);
  world.webhook.Stop();
  CHECK(world.webhook.waiting() == 1);
  CHECK(world.http.sent()[0].text.find("web-1:8080") != std::string::npos);
}
