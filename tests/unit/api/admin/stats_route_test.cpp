#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/api_fixture.h"
#include "support/credentials.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;
using test::Header;

namespace {

const std::string kToken = "0123456789abcdef-token";

api::ApiOptions WithToken() {
  api::ApiOptions options;
  options.authenticator = test::AcceptingAdmin(kToken);
  return options;
}

test::Call Admin(std::string method, std::string target, std::string body = {}) {
  return {std::move(method),
          std::move(target),
          {{"Authorization", "Bearer " + kToken}},
          std::move(body)};
}

std::vector<std::string> ReasonCodes(const Json& stats) {
  std::vector<std::string> codes;
  for (const Json& reason : stats["reasons"]) codes.push_back(reason["code"].get<std::string>());
  return codes;
}

}  // namespace

TEST_CASE("admin routes: are never open") {
  ApiFixture closed;
  const auto off = closed.Send({"GET", "/api/admin/cache/stats"});
  CHECK(off.status == 403);
  CHECK(Body(off)["error"].get<std::string>() == "The admin routes are turned off.");
  CHECK(off.log_reason.find("ADMIN_TOKEN") != std::string::npos);

  ApiFixture bench(WithToken());
  const auto missing = bench.Send({"GET", "/api/admin/cache/stats"});
  CHECK(missing.status == 401);
  CHECK(Header(missing, "WWW-Authenticate").starts_with("Bearer"));
  for (const std::string& value :
       {std::string("Bearer wrong"), "Bearer " + kToken + "x", "Basic " + kToken, kToken,
        std::string("Bearer "), std::string("Bearer"), std::string("Bearer   "),
        "Bearer\t" + kToken, "Bearer \t" + kToken, "Bearer" + kToken, "Bearer " + kToken + " x"}) {
    CHECK(bench.Send({"POST", "/api/admin/cache/clear", {{"Authorization", value}}}).status == 401);
  }
  CHECK(bench
            .Send({"GET",
                   "/api/admin/cache/stats",
                   {{"Authorization", "Bearer " + kToken}, {"Authorization", "Bearer x"}}})
            .status == 401);
  for (const char* scheme : {"bearer ", "BEARER ", "Bearer  ", "bEARER     "}) {  // 1*SP, any case
    CAPTURE(scheme);
    CHECK(bench.Send({"GET", "/api/admin/cache/stats", {{"authorization", scheme + kToken}}})
              .status == 200);
  }
}

TEST_CASE("admin stats: hits and misses as strings, costs to the cent") {
  ApiFixture bench(WithToken());
  bench.SendText(ApiFixture::Text(60));
  bench.SendText(ApiFixture::Text(60));
  bench.SendText(ApiFixture::Text(60));
  bench.SendText(ApiFixture::Text(61));
  const auto answer = bench.Send(Admin("GET", "/api/admin/cache/stats"));
  CHECK(answer.status == 200);
  const Json cache = Body(answer)["cache"];
  CHECK(cache["hits"] == "2");
  CHECK(cache["misses"] == "2");
  CHECK(cache["hitRate"] == 50.0);
  CHECK(cache["enabled"] == true);
  CHECK(cache["status"] == "embedded");
  CHECK(cache["state"] == "WARMING");
  CHECK(cache["cost"]["currency"] == "USD");
  CHECK(cache["cost"]["saved"] == 0.02);
  CHECK(cache["byKind"]["text"]["hits"] == 2);
  CHECK(cache["byKind"]["analysis"]["misses"] == 0);
  CHECK(cache["memory"]["entries"] == 2);
  CHECK(cache["memory"]["hits"] == 2);
}

TEST_CASE("admin stats: in the shadow, what the cache would have done") {
  api::ApiOptions options = WithToken();
  options.mode.shadow = true;
  ApiFixture bench(std::move(options));
  for (int i = 0; i < 4; ++i) {
    const auto answer = bench.SendText(ApiFixture::Text(60));
    CHECK(Header(answer, "X-Cache") == "BYPASS");
    CHECK(Header(answer, "Cache-Status") == "VerdictCache; fwd=bypass");
  }
  CHECK(bench.vendor->calls == 4);
  const Json cache = Body(bench.Send(Admin("GET", "/api/admin/cache/stats")))["cache"];
  CHECK(cache["mode"] == "shadow");
  CHECK(cache["shadow"] ==
        Json::object({{"hits", 3}, {"misses", 1}, {"hitRate", 75.0}, {"wouldHaveSaved", 0.03}}));
  CHECK(cache["hits"] == "0");
  const std::string hash = content::DigestOf(AsBytes(ApiFixture::Text(60))).ToHex();
  CHECK(bench.Send({"GET", "/api/analysis/" + hash + "?kind=text"}).status == 404);
  const auto only =
      bench.Send({"POST",
                  "/api/analysis/text",
                  {{"Content-Type", "text/plain"}, {"Cache-Control", "only-if-cached"}},
                  ApiFixture::Text(60)});
  CHECK(only.status == 504);
  CHECK(bench.vendor->calls == 4);
}

TEST_CASE("admin stats: how each budget stands, and null without one") {
  ApiFixture without(WithToken());
  const Json none = Body(without.Send(Admin("GET", "/api/admin/cache/stats")))["cache"];
  CHECK(none["cost"]["budget"].is_null());

  analysis::BudgetOptions limits;
  limits.all.daily = Usd::FromMicros(1'000'000);
  limits.vendors["sapling"].monthly = Usd::FromMicros(500'000);
  ApiFixture bench(WithToken(), true, {}, limits);
  const std::vector<detection::VendorPrice> prices = {{"sapling", Usd::FromMicros(200'000)}};
  const auto spent = bench.budget().Reserve(prices, Deadline::Never());
  { const auto dropped = bench.budget().Reserve(prices, Deadline::Never()); }
  const Json budget =
      Body(bench.Send(Admin("GET", "/api/admin/cache/stats")))["cache"]["cost"]["budget"];
  CHECK(budget["daily"] == Json::object({{"limitUsd", 1.0},
                                         {"spentUsd", 0.2},
                                         {"reservedUsd", 0.2},
                                         {"remainingUsd", 0.6},
                                         {"resetsAt", "2026-01-02T00:00:00Z"}}));
  CHECK(budget["monthly"].is_null());
  CHECK(budget["vendors"]["sapling"]["daily"].is_null());
  CHECK(budget["vendors"]["sapling"]["monthly"]["remainingUsd"] == 0.1);
  CHECK(budget["vendors"]["sapling"]["monthly"]["resetsAt"] == "2026-02-01T00:00:00Z");
}

TEST_CASE("admin stats: the truth about a store that is away") {
  ApiFixture bench(WithToken());
  bench.faulty.unavailable = true;
  const Json cache = Body(bench.Send(Admin("GET", "/api/admin/cache/stats")))["cache"];
  CHECK(cache["enabled"] == false);
  CHECK(cache["status"] == "disconnected");
  CHECK(cache["state"] == "DEGRADED");
  CHECK(ReasonCodes(cache) == std::vector<std::string>{"store_away"});
}

TEST_CASE("admin stats: why the state is not HEALTHY, with figures and what to do") {
  std::uint64_t waiting = 0;
  ApiFixture bench(
      WithToken(), true,
      {.backend = "redis", .serving = "connected", .has_fallback = true, .pending_writes = [&] {
         return waiting;
       }});
  const auto stats = [&] {
    return Body(bench.Send(Admin("GET", "/api/admin/cache/stats")))["cache"];
  };
  const auto message = [&](std::size_t index) {
    return stats()["reasons"][index]["message"].get<std::string>();
  };
  const auto contains = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  bench.SendText(ApiFixture::Text(60));
  CHECK(ReasonCodes(stats()) == std::vector<std::string>{"few_analyses"});
  CHECK(message(0).starts_with("1 of 100 analyses"));

  waiting = 1;  // what degrades is told, not that there were few analyses
  CHECK(ReasonCodes(stats()) == std::vector<std::string>{"writes_waiting"});
  CHECK(message(0).starts_with("1 write waits for the store"));

  waiting = 7;
  bench.faulty.unavailable = true;
  CHECK(ReasonCodes(stats()) == std::vector<std::string>{"store_away", "writes_waiting"});
  CHECK(contains(message(0), "(redis)"));
  CHECK(contains(message(0), "The local store keeps"));
  CHECK(message(1).starts_with("7 writes wait"));

  waiting = 0;
  bench.faulty.unavailable = false;
  for (int i = 1; i < 99; ++i) bench.SendText(ApiFixture::Text(60));
  CHECK(stats()["state"] == "WARMING");
  bench.SendText(ApiFixture::Text(60));
  CHECK(stats()["state"] == "HEALTHY");
  CHECK(stats()["reasons"] == Json::array());
}

TEST_CASE("admin stats: what is raised stands in the alerts, the reasons and the metrics") {
  ApiFixture bench(WithToken());
  const auto stats = [&] {
    return Body(bench.Send(Admin("GET", "/api/admin/cache/stats")))["cache"];
  };
  const auto scraped = [&] { return bench.Send(Admin("GET", "/metrics")).body; };
  CHECK(stats()["alerts"] == Json::array());
  CHECK(scraped().find("verdictcache_alert_active{alert=\"vendor_away\"} 0") != std::string::npos);
  bench.watched.vendors_away = {"sapling"};
  bench.alerts.Evaluate();
  const Json alert = stats()["alerts"].at(0);
  CHECK(alert["code"] == "vendor_away");
  CHECK(alert["subject"] == "sapling");
  CHECK(alert["severity"] == "warning");
  CHECK(alert["since"] == "2026-01-01T00:00:00Z");
  CHECK(stats()["state"] == "DEGRADED");
  CHECK(stats()["reasons"].at(0) ==
        Json::object({{"code", "vendor_away"}, {"message", alert["message"]}}));
  CHECK(scraped().find("verdictcache_alert_active{alert=\"vendor_away\"} 1") != std::string::npos);
}

TEST_CASE("admin stats: what the wiring calls the store behind, and what waits for it") {
  std::uint64_t waiting = 0;
  ApiFixture bench(
      WithToken(), true,
      {.backend = "redis", .serving = "connected", .has_fallback = true, .pending_writes = [&] {
         return waiting;
       }});
  const auto stats = [&] {
    return Body(bench.Send(Admin("GET", "/api/admin/cache/stats")))["cache"];
  };
  CHECK(stats()["backend"] == "redis");
  CHECK(stats()["status"] == "connected");
  CHECK(stats()["state"] == "WARMING");
  waiting = 3;
  CHECK(stats()["pendingWrites"] == 3);
  CHECK(stats()["status"] == "connected");
  CHECK(stats()["state"] == "DEGRADED");
  CHECK(Body(bench.Send({"GET", "/api/health/ready"}))["store"]["backend"] == "redis");
  bench.faulty.unavailable = true;
  CHECK(stats()["status"] == "disconnected");
  CHECK(stats()["state"] == "DEGRADED");
  CHECK(Body(bench.Send({"GET", "/api/health/ready"}))["status"] == "degraded");
}

TEST_CASE("admin clear: by pattern, tried or done, with the count, and logged with who asked") {
  ApiFixture bench(WithToken());
  bench.SendText(ApiFixture::Text(60));
  bench.SendText(ApiFixture::Text(61));
  const auto none =
      bench.Send(Admin("POST", "/api/admin/cache/clear", R"({"pattern":"analysis:*"})"));
  CHECK(Body(none)["cleared"] == 0);
  const auto tried =
      bench.Send(Admin("POST", "/api/admin/cache/clear", R"({"pattern":"text:*","dryRun":true})"));
  CHECK(Body(tried)["cleared"] == 2);
  CHECK(Body(tried)["dryRun"] == true);
  CHECK(Header(bench.SendText(ApiFixture::Text(60)), "X-Cache") == "HIT");
  const auto done = bench.Send(Admin("POST", "/api/admin/cache/clear"));
  CHECK(Body(done)["cleared"] == 2);
  CHECK(Body(done)["byKind"]["text"] == 2);
  CHECK(Header(bench.SendText(ApiFixture::Text(60)), "X-Cache") == "MISS");
  bool logged = false;
  for (const auto& line : bench.logger.lines()) {
    logged |= line.message == "Cache cleared" &&
              line.fields.find("by=192.0.2.7 caller=admin:ops") != std::string::npos;
  }
  CHECK(logged);
}

TEST_CASE("admin stats: look-ups by hash are counted as such, and raise neither hits nor savings") {
  ApiFixture bench(WithToken());
  bench.SendText(ApiFixture::Text());
  const std::string hash = content::DigestOf(AsBytes(ApiFixture::Text())).ToHex();
  for (int i = 0; i < 50; ++i) {
    const char* method = i % 2 == 0 ? "HEAD" : "GET";
    CHECK(bench.Send({method, "/api/analysis/" + hash + "?kind=text"}).status == 200);
  }
  CHECK(bench.Send({"HEAD", "/api/analysis/" + hash}).status == 404);
  const Json cache = Body(bench.Send(Admin("GET", "/api/admin/cache/stats")))["cache"];
  CHECK(cache["hits"] == "0");
  CHECK(cache["misses"] == "1");
  CHECK(cache["hitRate"] == 0.0);
  CHECK(cache["memory"]["hits"] == 0);
  CHECK(cache["cost"]["saved"] == 0.0);
  CHECK(cache["cost"]["today"]["saved"] == 0.0);
  CHECK(cache["lookups"] == Json::object({{"total", 51}, {"hits", 50}}));
  CHECK(cache["byKind"]["text"]["lookups"] == Json::object({{"total", 50}, {"hits", 50}}));
  CHECK(cache["byKind"]["analysis"]["lookups"] == Json::object({{"total", 1}, {"hits", 0}}));
  CHECK(cache["cost"]["spared"] == 0.5);
  CHECK(cache["cost"]["today"]["spared"] == 0.5);
  CHECK(cache["byKind"]["text"]["spared"] == 0.5);
}

TEST_CASE("admin clear: what is not understood is named, and nothing is removed") {
  ApiFixture bench(WithToken());
  bench.SendText(ApiFixture::Text());
  const auto refuses = [&](const std::string& query, const std::string& body, const char* named) {
    CAPTURE(query + " " + body);
    const auto answer = bench.Send(Admin("POST", "/api/admin/cache/clear" + query, body));
    CHECK(answer.status == 400);
    CHECK(Body(answer)["code"] == "bad_request");
    CHECK(Body(answer)["error"].get<std::string>().find(named) != std::string::npos);
    CHECK(Header(bench.SendText(ApiFixture::Text()), "X-Cache") == "HIT");
  };
  refuses("", R"({"pattern":"text:*","dry_run":true})", "\"dry_run\"");
  refuses("", R"({"patern":"text:*"})", "\"patern\"");
  refuses("", R"({"key":"analysis:00"})", "\"key\"");
  refuses("", R"({"Pattern":"analysis:*","dryrun":true})", "\"Pattern\", \"dryrun\"");
  refuses("", R"({"":1})", "\"\"");
  refuses("", R"({"a\nb":1})", "\\x0a");
  refuses("?pattern=text:*&dryRun=true", "", "\"pattern\", \"dryRun\"");
  refuses("?dry%52un=1", "{}", "\"dryRun\"");
  refuses("?dryRun", R"({"pattern":"analysis:*"})", "\"dryRun\"");
  refuses("", R"({"pattern":["text:*"]})", "pattern");
  refuses("", R"({"pattern":null})", "pattern");
  refuses("", R"({"dryRun":1})", "dryRun");
  refuses("", R"({"dryRun":null})", "dryRun");
  for (const std::string& all : {std::string("{}"), std::string()}) {
    CHECK(Body(bench.Send(Admin("POST", "/api/admin/cache/clear", all)))["cleared"] == 1);
    CHECK(Header(bench.SendText(ApiFixture::Text()), "X-Cache") == "MISS");
  }
}

TEST_CASE("admin clear: with KEY_SECRET by the content's hash, and never by some of its digits") {
  const cache::KeySpace keys({.secret = Secret("a secret of some length")});
  api::ApiOptions options = WithToken();
  options.keys = keys;
  ApiFixture bench(options, true, {}, {}, keys);
  const auto key = [&](std::size_t length) {
    return Body(bench.SendText(ApiFixture::Text(length)))["cache"]["key"].get<std::string>();
  };
  const std::string one = key(60);
  key(61);
  const auto clear = [&](const std::string& pattern, bool dry_run = false) {
    const Json order = Json::object({{"pattern", pattern}, {"dryRun", dry_run}});
    return bench.Send(Admin("POST", "/api/admin/cache/clear", DumpJson(order)));
  };
  CHECK(one == "text:" + content::DigestOf(AsBytes(ApiFixture::Text(60))).ToHex());
  CHECK(Body(clear(one, true))["cleared"] == 1);
  const auto refused = clear(one.substr(0, 9) + "*");
  CHECK(refused.status == 400);
  CHECK(Body(refused)["error"].get<std::string>().find("KEY_SECRET") != std::string::npos);
  CHECK(Header(bench.SendText(ApiFixture::Text(60)), "X-Cache") == "HIT");
  const Json done = Body(clear(one));
  CHECK(done["cleared"] == 1);
  CHECK(done["pattern"] == one);
  CHECK(Body(clear(one))["cleared"] == 0);
  CHECK(Header(bench.SendText(ApiFixture::Text(61)), "X-Cache") == "HIT");
  CHECK(Header(bench.SendText(ApiFixture::Text(60)), "X-Cache") == "MISS");
  for (const auto& line : bench.logger.lines()) {  // the log may leak, too
    CHECK(line.fields.find(one.substr(5)) == std::string::npos);
  }
}

TEST_CASE("admin clear: bad orders clear nothing") {
  ApiFixture bench(WithToken());
  bench.SendText(ApiFixture::Text());
  for (const char* body : {"[]", "{", R"({"pattern":5})", R"({"pattern":""})", R"({"dryRun":"no"})",
                           R"({"pattern":"*","pattern":"text:*"})", R"({"pattern":"a b"})"}) {
    CHECK(bench.Send(Admin("POST", "/api/admin/cache/clear", body)).status == 400);
  }
  CHECK(bench.Send(Admin("POST", "/api/admin/cache/clear", std::string(5000, ' '))).status == 413);
  CHECK(Header(bench.SendText(ApiFixture::Text()), "X-Cache") == "HIT");
}
