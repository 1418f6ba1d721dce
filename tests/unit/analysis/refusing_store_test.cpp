// A shared store that answers and takes no writes: full, or a replica since a fail-over.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "unit/analysis/shared_store_fixture.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::CacheStatus;

namespace {

struct RefusingStoreFixture : test::OneVendorFixture {
  RefusingStoreFixture() {
    shared.read_only = true;
    shared.may_write_soon = true;
  }

  Result<analysis::Analysis> Ask(std::string_view text) {
    return service.Analyze(test::TextContent(text), Deadline::Never());
  }
  /// Asks while the clock goes on; how long that took by the clock.
  SteadyTime::duration TimeOf(std::string_view text, CacheStatus expected) {
    const SteadyTime begun = clock.Now();
    std::atomic<bool> answered{false};
    std::thread visitor([&] {
      const auto answer = Ask(text);
      CHECK((answer && answer->status == expected));
      answered = true;
    });
    while (!answered) {  // step by step, so that the clock does not outrun the flight
      std::this_thread::yield();
      if (clock.waiters() < 2) continue;  // the visitor, and the flight between two claims
      const int before = shared.claims;
      clock.Advance(250ms);
      while (!answered && shared.claims == before) std::this_thread::yield();
    }
    visitor.join();
    return clock.Now() - begun;
  }

  analysis::AnalysisService service{
      tiers, panel, nobody, clock, {.outage_calls_per_minute = 3}, {&shared, &notifier}};
};

}  // namespace

TEST_CASE("AnalysisService: a shared store that takes no writes for a moment is waited for") {
  RefusingStoreFixture bench;
  std::atomic<int> leases{0};
  bench.shared.granted = [&] { ++leases; };
  bench.shared.amid_claim = [&] {
    if (bench.shared.claims == 4) bench.shared.read_only = false;
  };
  bench.TimeOf("a", CacheStatus::kMiss);
  CHECK(leases == 1);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("AnalysisService: what another replica stored meanwhile is not paid for") {
  RefusingStoreFixture bench;
  bench.shared.read_only = false;
  bench.TimeOf("a", CacheStatus::kMiss);
  const auto entry = bench.verdicts.Lookup(test::TextContent("a").key, Deadline::Never()).entry;
  (void)bench.verdicts.Clear(cache::KeyPattern::All(), cache::ClearMode::kDelete,
                             Deadline::Never());
  bench.shared.read_only = true;
  bench.shared.amid_claim = [&] {
    if (bench.shared.claims < 5) return;
    CHECK(bench.verdicts.Put({.entry = entry, .ttl = 60s, .counters = {}}, Deadline::Never()));
  };
  bench.TimeOf("a", CacheStatus::kHit);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE(
    "AnalysisService: a shared store that goes on refusing delays one upload, and is limited") {
  RefusingStoreFixture bench;
  CHECK(bench.TimeOf("first", CacheStatus::kMiss) >= 2'400ms);
  // At once: the clock stands still.
  CHECK(bench.Ask("second")->status == CacheStatus::kMiss);
  CHECK(bench.Ask("third")->status == CacheStatus::kMiss);
  CHECK(bench.Ask("fourth").error().code == ErrorCode::kOverloaded);
  CHECK(bench.vendor->calls == 3);
}

TEST_CASE("AnalysisService: a store that granted a lease has not refused for long") {
  RefusingStoreFixture bench;
  bench.TimeOf("first", CacheStatus::kMiss);
  bench.shared.read_only = false;
  CHECK(bench.Ask("second")->status == CacheStatus::kMiss);
  bench.shared.read_only = true;
  CHECK(bench.TimeOf("third", CacheStatus::kMiss) >= 2'400ms);
}
