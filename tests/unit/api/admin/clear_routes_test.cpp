#include <doctest/doctest.h>

#include <string>

#include "support/api_fixture.h"
#include "support/credentials.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;
using test::Header;

namespace {

const std::string kClearToken = "0123456789abcdef-token";

api::ApiOptions ClearableOptions() {
  api::ApiOptions options;
  options.authenticator = test::AcceptingAdmin(kClearToken);
  return options;
}

http::Response Order(ApiFixture& bench, const std::string& path, const std::string& body = {}) {
  return bench.Send({"POST", path, {{"Authorization", "Bearer " + kClearToken}}, body});
}

bool HasText(ApiFixture& bench) {
  return Header(bench.SendText(ApiFixture::Text()), "X-Cache") == "HIT";
}

}  // namespace

TEST_CASE("clear routes: by kind, by pattern and all, under both paths") {
  for (const std::string& base : {std::string("/api/admin/cache/"), std::string("/api/cache/")}) {
    CAPTURE(base);
    ApiFixture bench(ClearableOptions());
    bench.SendText(ApiFixture::Text());
    CHECK(Body(Order(bench, base + "invalidate/analysis"))["cleared"] == 0);
    CHECK(Body(Order(bench, base + "invalidate/text", R"({"dryRun":true})"))["cleared"] == 1);
    CHECK(HasText(bench));
    CHECK(Body(Order(bench, base + "invalidate/text"))["pattern"] == "text:*");
    CHECK_FALSE(HasText(bench));
    CHECK(Body(Order(bench, base + "invalidate-pattern", R"({"pattern":"te*"})"))["cleared"] == 1);
    CHECK_FALSE(HasText(bench));
    CHECK(Body(Order(bench, base + "clear-all", R"({"dryRun":true})"))["cleared"] == 1);
    CHECK(Body(Order(bench, base + "clear-all"))["cleared"] == 1);
    CHECK_FALSE(HasText(bench));
  }
}

TEST_CASE("clear routes: an order that is not understood removes nothing") {
  ApiFixture bench(ClearableOptions());
  bench.SendText(ApiFixture::Text());
  const std::string base = "/api/admin/cache/";
  const auto refuses = [&](const std::string& path, const std::string& body, const char* named) {
    CAPTURE(path + " " + body);
    const auto answer = Order(bench, base + path, body);
    CHECK(answer.status == 400);
    CHECK(Body(answer)["error"].get<std::string>().find(named) != std::string::npos);
    CHECK(HasText(bench));
  };
  refuses("invalidate/image", "", "analysis or text");
  refuses("invalidate/*", "", "analysis or text");
  refuses("invalidate/text", R"({"pattern":"*"})", "\"pattern\"");
  refuses("invalidate/text?dryRun=true", "", "\"dryRun\"");
  refuses("invalidate-pattern", "", "clear-all");
  refuses("invalidate-pattern", R"({"dryRun":true})", "clear-all");
  refuses("clear-all", R"({"pattern":"analysis:*"})", "\"pattern\"");
}

TEST_CASE("clear routes: each pattern removes verdicts of ours only, or is refused") {
  ApiFixture bench(ClearableOptions());
  const auto order = [&](const std::string& pattern) {
    return Order(bench, "/api/admin/cache/clear", DumpJson(Json::object({{"pattern", pattern}})));
  };
  for (const std::string& all : {std::string("*"), std::string("**********"), std::string("t*")}) {
    CAPTURE(all);
    bench.SendText(ApiFixture::Text());
    CHECK(Body(order(all))["cleared"] == 1);
  }
  bench.SendText(ApiFixture::Text());
  for (const std::string& other :
       {std::string("analysis:*"), std::string("user:*"), std::string("lease:*")}) {
    CAPTURE(other);
    CHECK(Body(order(other))["cleared"] == 0);
  }
  CHECK(order("[").status == 400);
  CHECK(Body(order(std::string(300, 'a')))["error"].get<std::string>().find("128") !=
        std::string::npos);
  CHECK(HasText(bench));
}

TEST_CASE("clear routes: a removal shows at LOG_LEVEL=warn, a dry run does not") {
  ApiFixture bench(ClearableOptions());
  Order(bench, "/api/admin/cache/clear", R"({"dryRun":true})");
  Order(bench, "/api/admin/cache/clear");
  int warnings = 0;
  for (const auto& line : bench.logger.lines()) {
    if (line.level != LogLevel::kWarn) continue;
    ++warnings;
    CHECK(line.message == "Cache cleared");
  }
  CHECK(warnings == 1);
}

TEST_CASE("site aliases: the counts as such sites read them, and 401 without a token") {
  ApiFixture bench(ClearableOptions());
  bench.SendText(ApiFixture::Text());
  bench.SendText(ApiFixture::Text());
  const auto answer =
      bench.Send({"GET", "/api/cache/stats", {{"Authorization", "Bearer " + kClearToken}}});
  CHECK(answer.status == 200);
  CHECK(Body(answer)["status"] == "success");
  CHECK(Body(answer)["cache_stats"] == Json::object({{"hits", 1},
                                                     {"misses", 1},
                                                     {"errors", 0},
                                                     {"total_requests", 2},
                                                     {"hit_rate", 50.0},
                                                     {"is_available", true}}));
  CHECK(bench.Send({"GET", "/api/cache/stats"}).status == 401);
  for (const char* path : {"clear", "clear-all", "invalidate-pattern", "invalidate/text"}) {
    CHECK(bench.Send({"POST", std::string("/api/cache/") + path}).status == 401);
    CHECK(bench.Send({"POST", std::string("/api/admin/cache/") + path}).status == 401);
  }
}
