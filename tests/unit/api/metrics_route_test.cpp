#include "api/metrics_route.h"

#include <doctest/doctest.h>

#include "support/api_fixture.h"
#include "support/credentials.h"

using namespace vcache;
using metrics::RouteClass;
using test::ApiFixture;

namespace {

const std::string kScraper = "s4Xn9cVb2Lr7Gt5Kw1";
const std::string kReadOnlyKey = "n3Rf5yHs1Gc8Jv0Xe7";
const std::string kPlainKey = "u6Zt4wPa9Mk2Bq7Ds1";

test::Call Scrape(const std::string& token, const char* target = "/metrics") {
  test::Call call{"GET", target};
  if (!token.empty()) call.headers.emplace_back("Authorization", "Bearer " + token);
  return call;
}

api::ApiOptions Monitored() {
  api::CredentialOptions credentials;
  credentials.admin_tokens = {{"METRICS_TOKEN", Secret(kScraper), AccessScope::kMetrics}};
  credentials.api_keys = {{"site", Secret(kPlainKey), AccessScope::kUser},
                          {"reader", Secret(kReadOnlyKey), AccessScope::kAdminRead}};
  api::ApiOptions options;
  options.authenticator = test::Accepting(credentials);
  return options;
}

}  // namespace

TEST_CASE("/metrics: for its own token and for administrators, which open nothing else") {
  ApiFixture bench(Monitored());
  const auto answer = bench.Send(Scrape(kScraper));
  CHECK(answer.status == 200);
  CHECK(answer.headers.Get("Content-Type")->starts_with("text/plain; version=0.0.4"));
  CHECK(answer.body.find("verdictcache_store_up 1") != std::string::npos);
  CHECK(answer.body.find("verdictcache_vendor_up{vendor=\"fake\"} 1") != std::string::npos);
  CHECK(bench.Send(Scrape(kReadOnlyKey)).status == 200);
  CHECK(bench.Send(Scrape(kPlainKey)).status == 403);
  CHECK(bench.Send(Scrape("")).status == 401);
  CHECK(bench.Send(Scrape("wrong")).status == 401);
  CHECK(bench.Send(Scrape(kScraper, "/api/admin/cache/stats")).status == 403);
  const std::string known = "/api/analysis/" + std::string(64, '0');
  CHECK(bench.Send(Scrape(kScraper, known.c_str())).status == 403);
}

TEST_CASE("/metrics: off where nobody could read it, and it says how to turn it on") {
  ApiFixture bench{api::ApiOptions()};
  const auto answer = bench.Send(Scrape(""));
  CHECK(answer.status == 403);
  CHECK(answer.body.find("/metrics is turned off") != std::string::npos);
}

TEST_CASE("/metrics: a token of it alone turns no admin route on") {
  api::CredentialOptions credentials;
  credentials.admin_tokens = {{"METRICS_TOKEN", Secret(kScraper), AccessScope::kMetrics}};
  api::ApiOptions options;
  options.authenticator = test::Accepting(credentials);
  ApiFixture bench(options);
  CHECK(bench.Send(Scrape(kScraper)).status == 200);
  const auto answer = bench.Send(Scrape(kScraper, "/api/admin/cache/stats"));
  CHECK(answer.status == 403);
  CHECK(answer.body.find("turned off") != std::string::npos);
}

TEST_CASE("RouteClassOf: every path has a class") {
  CHECK(api::RouteClassOf("POST", "/api/analysis/file") == RouteClass::kAnalysis);
  CHECK(api::RouteClassOf("POST", "/api/text-analysis/analyze") == RouteClass::kAnalysis);
  CHECK(api::RouteClassOf("GET", "/api/analysis/00") == RouteClass::kLookup);
  CHECK(api::RouteClassOf("POST", "/api/analysis/lookup") == RouteClass::kLookup);
  CHECK(api::RouteClassOf("GET", "/api/admin/cache/stats") == RouteClass::kAdmin);
  CHECK(api::RouteClassOf("GET", "/api/health/ready") == RouteClass::kHealth);
  CHECK(api::RouteClassOf("GET", "/metrics") == RouteClass::kHealth);
  CHECK(api::RouteClassOf("", "") == RouteClass::kOther);
  CHECK(api::RouteClassOf("GET", "/wp-admin/") == RouteClass::kOther);
}
