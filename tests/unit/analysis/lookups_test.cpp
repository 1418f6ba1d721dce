#include <doctest/doctest.h>

#include <memory>
#include <string_view>
#include <vector>

#include "support/fake_clock.h"
#include "support/faulty_store.h"
#include "support/gated_detector.h"
#include "unit/analysis/shared_store_fixture.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/cache/memory/memory_store.h"

using namespace vcache;
using namespace std::chrono_literals;

namespace {

/// Counts what is known of, and what it was worth.
struct WorthObserver final : analysis::AnalysisObserver {
  int hits = 0, lookups = 0, lookup_hits = 0;
  Usd saved, spared;

  void OnHit(const cache::CacheKey&, std::string_view, cache::Tier, Usd worth) override {
    ++hits;
    saved += worth;
  }
  void OnLookup(const cache::CacheKey&, const cache::LookupResult& found, Usd worth) override {
    ++lookups;
    if (found.outcome == cache::LookupOutcome::kHit) ++lookup_hits;
    spared += worth;
  }
};

/// A service with one vendor, for one cent, in one thread.
struct LookupFixture {
  static analysis::Content Text(std::string_view text) { return test::TextContent(text); }
  Result<analysis::Analysis> Ask(std::string_view text) {
    return service.Analyze(Text(text), Deadline::Never());
  }
  Result<analysis::Analysis> Find(std::string_view text) {
    return service.Find(Text(text).key, Deadline::Never());
  }
  /// As other software stored it: a score and nothing else.
  void StoreForeign(std::string_view text) {
    cache::Entry entry;
    entry.key = Text(text).key;
    entry.verdict.ai_score = 12;
    entry.foreign = true;
    REQUIRE(behind.Put({std::make_shared<const cache::Entry>(entry), 600s, {}}, Deadline::Never()));
  }

  test::FakeClock clock;
  std::shared_ptr<test::GatedDetector> vendor = std::make_shared<test::GatedDetector>();
  detection::DetectorPanel panel{{vendor}, {vendor}, {vendor}, clock};
  cache::MemoryStore memory{{}, clock};
  cache::MemoryStore behind{{.max_ttl = 0s}, clock};
  test::FaultyStore faulty{behind};
  cache::TieredStore tiers{&memory, &faulty};
  WorthObserver observer;
  analysis::AnalysisService service{tiers, panel, observer, clock, {}};
};

}  // namespace

TEST_CASE("AnalysisService: look-ups are counted apart; only analyses hit and save") {
  LookupFixture bench;
  CHECK_FALSE(bench.Find("known"));
  REQUIRE(bench.Ask("known"));
  for (int i = 0; i < 50; ++i) CHECK(bench.Find("known"));
  CHECK(bench.observer.hits == 0);
  CHECK(bench.observer.saved.micros() == 0);
  CHECK(bench.observer.lookups == 51);
  CHECK(bench.observer.lookup_hits == 50);
  CHECK(bench.observer.spared.micros() == 500'000);
  REQUIRE(bench.Ask("known"));
  CHECK(bench.observer.hits == 1);
  CHECK(bench.observer.saved.micros() == 10'000);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("AnalysisService: a look-up that no store answers is not counted") {
  LookupFixture bench;
  bench.faulty.corrupt = true;
  CHECK_FALSE(bench.Find("damaged"));
  CHECK(bench.observer.lookups == 1);
  bench.faulty.unavailable = true;
  CHECK_FALSE(bench.Find("who knows"));
  CHECK(bench.observer.lookups == 1);
  CHECK(bench.observer.lookup_hits == 0);
}

TEST_CASE("AnalysisService: a verdict of other software saves what its analysis would cost now") {
  LookupFixture bench;
  bench.StoreForeign("theirs");
  for (int hits = 1; hits <= 2; ++hits) {  // from behind, then from memory
    const auto hit = bench.Ask("theirs");
    REQUIRE(hit);
    CHECK(hit->status == analysis::CacheStatus::kHit);
    CHECK(hit->saved.micros() == 10'000);
    CHECK(bench.observer.saved.micros() == hits * 10'000);
  }
  const auto found = bench.Find("theirs");
  REQUIRE(found);
  CHECK(found->saved.micros() == 10'000);
  CHECK(bench.observer.spared.micros() == 10'000);
  CHECK(bench.vendor->calls == 0);
}
