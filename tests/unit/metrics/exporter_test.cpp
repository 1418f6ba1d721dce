#include "vcache/metrics/exporter.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;
using namespace vcache::metrics;
using cache::ContentKind;
using std::chrono::milliseconds;

namespace {

cache::CacheKey KeyOf(ContentKind kind) {
  cache::CacheKey key;
  key.kind = kind;
  return key;
}

bool Has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("Exporter: counts by kind, tier, vendor and code, and money in dollars") {
  Exporter exporter("1.2.3", {"sightengine", "hive"});
  const auto image = KeyOf(ContentKind::kAnalysis);
  const auto text = KeyOf(ContentKind::kText);
  exporter.OnHit(image, "", cache::Tier::kMemory, Usd::FromMicros(10'000));
  exporter.OnHit(image, "", cache::Tier::kRedis, Usd::FromMicros(10'000));
  exporter.OnJoined(text, "", Usd::FromMicros(5'000));
  exporter.OnMiss(text, "", {});
  exporter.OnCharged(image, "hive", Usd::FromMicros(3'000));
  exporter.OnCharged(image, "somebody", Usd::FromMicros(3'000));  // no series for made-up names
  cache::Counters paid;
  paid.at(ContentKind::kAnalysis, cache::Counter::kPaidCalls) = 2;
  paid.at(ContentKind::kAnalysis, cache::Counter::kUnknownCharges) = 1;
  exporter.OnPaid(image, paid, true);
  exporter.OnError(text, {.code = ErrorCode::kVendorTimeout, .message = "late"});
  cache::LookupResult found;
  found.outcome = cache::LookupOutcome::kHit;
  exporter.OnLookup(text, found, {});
  const std::string shown = exporter.Text({});
  for (const char* line : {
           "verdictcache_build_info{version=\"1.2.3\"} 1",
           "verdictcache_hits_total{kind=\"analysis\",tier=\"memory\"} 1",
           "verdictcache_hits_total{kind=\"analysis\",tier=\"redis\"} 1",
           "verdictcache_hits_total{kind=\"text\",tier=\"redis\"} 0",
           "verdictcache_saved_usd_total{kind=\"analysis\"} 0.02",
           "verdictcache_saved_usd_total{kind=\"text\"} 0.005",
           "verdictcache_coalesced_total{kind=\"text\"} 1",
           "verdictcache_misses_total{kind=\"text\"} 1",
           "verdictcache_spent_usd_total{kind=\"analysis\",vendor=\"hive\"} 0.003",
           "verdictcache_spent_usd_total{kind=\"analysis\",vendor=\"sightengine\"} 0",
           "verdictcache_vendor_paid_calls_total{kind=\"analysis\",vendor=\"hive\"} 1",
           "verdictcache_paid_calls_total{kind=\"analysis\"} 2",
           "verdictcache_unknown_charges_total{kind=\"analysis\"} 1",
           "verdictcache_errors_total{code=\"vendor_timeout\",kind=\"text\"} 1",
           "verdictcache_lookups_total{kind=\"text\"} 1",
           "verdictcache_lookup_hits_total{kind=\"text\"} 1",
       }) {
    CAPTURE(line);
    CHECK(Has(shown, line));
  }
  CHECK(shown.find("somebody") == std::string::npos);
}

TEST_CASE("Exporter: requests by route and class of status, with their times") {
  Exporter exporter("1", {});
  exporter.OnRequest(RouteClass::kAnalysis, 200, milliseconds(2), 100, 50);
  exporter.OnRequest(RouteClass::kAnalysis, 503, milliseconds(40), 0, 20);
  exporter.OnRequest(RouteClass::kOther, 404, milliseconds(1), 0, 10);
  exporter.OnRequest(RouteClass::kOther, 0, milliseconds(1), 0, 0);  // its client left
  const std::string shown = exporter.Text({});
  for (const char* line : {
           "verdictcache_http_requests_total{route=\"analysis\",status=\"2xx\"} 1",
           "verdictcache_http_requests_total{route=\"analysis\",status=\"5xx\"} 1",
           "verdictcache_http_requests_total{route=\"other\",status=\"4xx\"} 1",
           "verdictcache_http_requests_total{route=\"other\",status=\"1xx\"} 1",
           "verdictcache_http_request_duration_seconds_count{route=\"analysis\"} 2",
           "verdictcache_http_request_duration_seconds_bucket{route=\"analysis\",le=\"0.0025\"} 1",
           "verdictcache_http_received_bytes_total 100",
           "verdictcache_http_sent_bytes_total 80",
       }) {
    CAPTURE(line);
    CHECK(Has(shown, line));
  }
}

TEST_CASE("Exporter: what is read at a scrape is what is shown") {
  Exporter exporter("1", {"hive"});
  Readings readings;
  readings.store_available = true;
  readings.pending_writes = 7;
  readings.memory_entries = 3;
  readings.memory_bytes = 4'096;
  readings.spool_memory_bytes = 11;
  readings.spool_disk_bytes = 12;
  readings.vendors = {{"hive", true}, {"unknown", true}};
  std::string shown = exporter.Text(readings);
  CHECK(Has(shown, "verdictcache_store_up 1"));
  CHECK(Has(shown, "verdictcache_pending_writes 7"));
  CHECK(Has(shown, "verdictcache_memory_entries 3"));
  CHECK(Has(shown, "verdictcache_memory_bytes 4096"));
  CHECK(Has(shown, "verdictcache_spool_memory_bytes 11"));
  CHECK(Has(shown, "verdictcache_spool_disk_bytes 12"));
  CHECK(Has(shown, "verdictcache_vendor_up{vendor=\"hive\"} 1"));
  CHECK(shown.find("unknown\"") == std::string::npos);
  readings.vendors = {{"hive", false}};
  readings.store_available = false;
  shown = exporter.Text(readings);
  CHECK(Has(shown, "verdictcache_store_up 0"));
  CHECK(Has(shown, "verdictcache_vendor_up{vendor=\"hive\"} 0"));
}
