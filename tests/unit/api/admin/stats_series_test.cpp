#include <doctest/doctest.h>

#include <string>

#include "support/api_fixture.h"
#include "support/credentials.h"

using namespace vcache;
using namespace std::chrono_literals;
using test::ApiFixture;
using test::Body;

namespace {

const std::string kSeriesToken = "0123456789abcdef-token";

/// Its clock begins with 2026.
class StatsBench : public ApiFixture {
 public:
  StatsBench() : ApiFixture(Options()) {}

  http::Response Get(const std::string& query) {
    return Send({"GET",
                 "/api/admin/cache/stats" + query,
                 {{"Authorization", "Bearer " + kSeriesToken}},
                 {}});
  }
  Json Stats(const std::string& query) {
    const auto answer = Get(query);
    CHECK(answer.status == 200);
    return Body(answer)["cache"];
  }

 private:
  static api::ApiOptions Options() {
    api::ApiOptions options;
    options.authenticator = test::AcceptingAdmin(kSeriesToken);
    return options;
  }
};

}  // namespace

TEST_CASE("admin stats: a series has each hour, also those in which nothing happened") {
  StatsBench bench;
  bench.clock.Advance(48h + 30min);
  bench.SendText(ApiFixture::Text(60));
  bench.SendText(ApiFixture::Text(60));
  REQUIRE(bench.Stats("?by=hour")["total"]["hits"] == 1);
  bench.clock.Advance(2h);
  bench.SendText(ApiFixture::Text(60));
  bench.SendText(ApiFixture::Text(61));
  const Json cache = bench.Stats("?by=hour&from=2026-01-02T23");
  CHECK(cache["range"] == Json::object({{"by", "hour"},
                                        {"from", "2026-01-02T23"},
                                        {"to", "2026-01-03T02"},
                                        {"kind", nullptr},
                                        {"vendor", nullptr}}));
  const Json& series = cache["series"];
  REQUIRE(series.size() == 4);
  CHECK(series[0]["period"] == "2026-01-02T23");
  CHECK(series[0]["hitRate"] == 0.0);
  CHECK(series[1]["hits"] == 1);
  CHECK(series[1]["misses"] == 1);
  CHECK(series[1]["hitRate"] == 50.0);
  CHECK(series[1]["saved"] == 0.01);
  CHECK(series[1]["hitsByTier"] == Json::object({{"memory", 1}, {"redis", 0}, {"sqlite", 0}}));
  CHECK(series[2]["misses"] == 0);
  CHECK(series[3]["period"] == "2026-01-03T02");
  CHECK(series[3]["hits"] == 1);
  CHECK(cache["total"]["hits"] == 2);
  CHECK(cache["total"]["saved"] == 0.02);
  CHECK_FALSE(cache["total"].contains("period"));
  CHECK(cache["hits"] == "2");  // what is answered without parameters is there too
}

TEST_CASE("admin stats: without parameters there is no series") {
  StatsBench bench;
  const Json cache = bench.Stats("");
  for (const char* member : {"series", "range", "total"}) CHECK_FALSE(cache.contains(member));
}

TEST_CASE("admin stats: a series by day and by month, of one kind") {
  StatsBench bench;
  bench.SendText(ApiFixture::Text(60));  // 1 January
  CHECK(bench.Stats("?by=day")["total"]["misses"] == 1);
  bench.clock.Advance(24h * 40);  // 10 February
  bench.SendText(ApiFixture::Text(61));
  bench.SendText(ApiFixture::Text(61));
  const Json days = bench.Stats("?from=2026-01-01&to=2026-02-28");
  CHECK(days["series"].size() == 41);  // what has not come yet is left out
  CHECK(days["range"]["to"] == "2026-02-10");
  CHECK(days["series"][0]["misses"] == 1);
  CHECK(days["series"][40]["hits"] == 1);
  const Json months = bench.Stats("?by=month");
  CHECK(months["series"].size() == 12);
  CHECK(months["range"]["from"] == "2025-03-01");
  CHECK(months["series"][10]["period"] == "2026-01");
  CHECK(months["series"][10]["misses"] == 1);
  CHECK(months["series"][11]["hits"] == 1);
  CHECK(bench.Stats("?by=month&kind=analysis")["total"]["misses"] == 0);
  CHECK(bench.Stats("?kind=text")["total"]["misses"] == 1);  // of the last 30 days
  CHECK(bench.Stats("?kind=text")["series"].size() == 30);
  CHECK(bench.Stats("?by=hour")["series"].size() == 24);
  CHECK(bench.Stats("?by=day&from=2025-01-07")["series"].size() == 400);
  CHECK(bench.Stats("?from=2026-02-09&to=2026-02-09T05")["series"].size() == 6);
  CHECK(bench.Stats("?to=2026-02-09&by=hour")["range"]["to"] == "2026-02-09T23");
}

TEST_CASE("admin stats: what is not understood is named, with what it should be") {
  StatsBench bench;
  bench.clock.Advance(24h * 40);  // 10 February
  const auto refuses = [&](const std::string& query, const char* named) {
    CAPTURE(query);
    const auto answer = bench.Get(query);
    CHECK(answer.status == 400);
    CHECK(Body(answer)["code"] == "bad_request");
    const auto error = Body(answer)["error"].get<std::string>();
    CAPTURE(error);
    CHECK(error.find(named) != std::string::npos);
  };
  refuses("?since=2026-01-01", "\"since\"");
  refuses("?From=2026-01-01", "\"From\"");
  refuses("?by=week", "hour, day, month");
  refuses("?by=", "hour, day, month");
  refuses("?by=day&by=hour", "by");
  refuses("?kind=image", "analysis, text");
  refuses("?vendor=nobody", "sightengine, sapling, openai");
  refuses("?vendor=Sapling", "sightengine, sapling, openai");
  for (const char* from :
       {"2026-02-30", "2026-13-01", "2026-2-1", "yesterday", "2026-02-01T24", "2026-02-01T1",
        "2026-02-01T10:00:00Z", "", "2026-02-01%00", " 026-02-01", "+026-02-01"}) {
    refuses("?from=" + std::string(from), "such as 2026-11-01");
  }
  refuses("?by=day&from=2026-02-01T10", "by=day");
  refuses("?by=month&to=2026-02-01T10", "by=month");
  refuses("?from=2026-02-09&to=2026-02-08", "at or before 2026-02-08");
  refuses("?from=2026-02-11", "at or before 2026-02-10");
  refuses("?by=hour&from=2026-02-02T00", "2026-02-02T01 or later");
  refuses("?by=hour&to=2026-02-01", "2026-02-02T01 or later");
  refuses("?from=2025-01-06", "2025-01-07 or later");
  refuses("?by=month&from=1999-01-01", "2025-01-07 or later");
}

TEST_CASE("admin stats: what each vendor cost, in all, by kind and by time") {
  StatsBench bench;
  CHECK(bench.Stats("")["byVendor"] == Json::object());
  cache::Counters paid;
  const auto count = [&](cache::ContentKind kind, VendorId vendor, std::int64_t micros) {
    paid.at(kind, cache::Counter::kPaidCalls) += 1;
    paid.at(kind, vendor, cache::VendorCounter::kPaidCalls) += 1;
    paid.at(kind, vendor, cache::VendorCounter::kSpentMicros) += micros;
  };
  count(cache::ContentKind::kText, VendorId::kSapling, 5'001);
  count(cache::ContentKind::kText, VendorId::kAiOrNot, 10'000);
  count(cache::ContentKind::kAnalysis, VendorId::kAiOrNot, 20'000);
  paid.at(cache::ContentKind::kAnalysis, VendorId::kHive, cache::VendorCounter::kFailures) = 2;
  bench.statistics().OnPaid({cache::ContentKind::kText, {}}, paid, /*kept=*/false);
  bench.clock.Advance(24h);
  const Json all = bench.Stats("?by=day")["byVendor"];
  CHECK(all.size() == 3);
  CHECK(all["sapling"]["spent"] == 0.005001);
  CHECK(all["aiornot"]["paidCalls"] == 2);
  CHECK(all["aiornot"]["spent"] == 0.03);
  CHECK(all["aiornot"]["byKind"]["analysis"]["spent"] == 0.02);
  CHECK(all["hive"]["failures"] == 2);
  CHECK(all["hive"]["spent"] == 0.0);
  const Json day = bench.Stats("?from=2026-01-01&kind=text");
  CHECK(day["series"][0]["byVendor"]["aiornot"] ==
        Json::object({{"paidCalls", 1}, {"unknownCharges", 0}, {"failures", 0}, {"spent", 0.01}}));
  CHECK_FALSE(day["series"][0]["byVendor"].contains("hive"));
  CHECK(day["series"][1]["byVendor"] == Json::object());
  const Json vendor = bench.Stats("?from=2026-01-01&vendor=aiornot");
  CHECK(vendor["range"]["vendor"] == "aiornot");
  CHECK(vendor["series"][0]["spent"] == 0.03);
  CHECK(vendor["series"][1]["paidCalls"] == 0);
  CHECK(vendor["total"] ==
        Json::object({{"paidCalls", 2}, {"unknownCharges", 0}, {"failures", 0}, {"spent", 0.03}}));
}

TEST_CASE("admin counters reset: totals begin anew, hours and days stay, and it is logged") {
  StatsBench bench;
  const auto reset = [&](const std::string& body, const std::string& query = "") {
    return bench.Send({"POST",
                       "/api/admin/cache/counters/reset" + query,
                       {{"Authorization", "Bearer " + kSeriesToken}},
                       body});
  };
  bench.SendText(ApiFixture::Text(60));
  bench.SendText(ApiFixture::Text(60));
  for (const char* body :
       {"[]", "{", R"({"dryRun":1})", R"({"dryrun":true})", R"({"dryRun":true,"dryRun":true})"}) {
    CAPTURE(body);
    CHECK(reset(body).status == 400);
  }
  CHECK(reset("", "?dryRun=true").status == 400);
  CHECK(bench.Send({"POST", "/api/admin/cache/counters/reset"}).status == 401);
  const Json tried = Body(reset(R"({"dryRun":true})"));
  CHECK(tried["dryRun"] == true);
  CHECK(tried["ended"]["hits"] == 1);
  CHECK(bench.Stats("")["hits"] == "1");

  bench.clock.Advance(10min);
  const Json done = Body(reset(""));
  CHECK(done["dryRun"] == false);
  CHECK(done["ended"]["hits"] == 1);
  CHECK(done["ended"]["saved"] == 0.01);
  CHECK(done["ended"]["since"] == "2026-01-01T00:00:00Z");
  const Json stats = bench.Stats("?by=hour");
  CHECK(stats["hits"] == "0");
  CHECK(stats["since"] == "2026-01-01T00:10:00Z");
  CHECK(stats["cost"]["today"]["saved"] == 0.01);
  CHECK(stats["total"]["hits"] == 1);
  bool logged = false;
  for (const auto& line : bench.logger.lines()) logged |= line.message == "Counters reset";
  CHECK(logged);
}
