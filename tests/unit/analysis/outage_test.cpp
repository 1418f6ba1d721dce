#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "analysis/rate_limiter.h"
#include "support/fake_clock.h"
#include "support/fake_leases.h"
#include "support/faulty_store.h"
#include "support/gated_detector.h"
#include "unit/analysis/shared_store_fixture.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/cache/memory/memory_store.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::RateLimiter;

namespace {

/// A service that may pay twice a minute while its store is away.
struct OutageFixture {
  Result<analysis::Analysis> Ask(std::string_view text) {
    return service.Analyze(test::TextContent(text), Deadline::Never());
  }

  test::FakeClock clock;
  std::shared_ptr<test::GatedDetector> vendor = std::make_shared<test::GatedDetector>();
  detection::DetectorPanel panel{{}, {}, {vendor}, clock};
  cache::MemoryStore memory{{.max_ttl = 300s}, clock};
  cache::MemoryStore behind{{.max_ttl = 0s}, clock};
  test::FaultyStore faulty{behind};
  cache::TieredStore tiers{&memory, &faulty};
  analysis::AnalysisObserver nobody;
  analysis::AnalysisService service{tiers, panel, nobody, clock, {.outage_calls_per_minute = 2}};
};

}  // namespace

TEST_CASE("RateLimiter: allows so many in any sixty seconds, and says how long to wait") {
  test::FakeClock clock;
  RateLimiter limiter({.per_minute = 2}, clock);
  CHECK_FALSE(limiter.Take());
  clock.Advance(30s);
  CHECK_FALSE(limiter.Take());
  CHECK(limiter.Take() == 30s);
  clock.Advance(29s + 500ms);
  CHECK(limiter.Take() == 1s);
  clock.Advance(500ms);
  CHECK_FALSE(limiter.Take());
  CHECK(limiter.Take() == 30s);
}

TEST_CASE("RateLimiter: 0 is no limit") {
  test::FakeClock clock;
  RateLimiter limiter({.per_minute = 0}, clock);
  for (int i = 0; i < 1'000; ++i) CHECK_FALSE(limiter.Take());
}

TEST_CASE("RateLimiter: a total, until the outage is over") {
  test::FakeClock clock;
  RateLimiter limiter({.total = 2}, clock);
  CHECK_FALSE(limiter.Take());
  CHECK_FALSE(limiter.Take());
  clock.Advance(1h);
  CHECK(limiter.Take() == 60s);
  limiter.EndOutage();
  CHECK_FALSE(limiter.Take());
}

TEST_CASE("RateLimiter: exactly so many of many threads at once") {
  test::FakeClock clock;
  RateLimiter limiter({.per_minute = 50}, clock);
  std::atomic<int> allowed{0};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 8; ++i) {
    crowd.emplace_back([&] {
      for (int j = 0; j < 25; ++j) allowed += limiter.Take() ? 0 : 1;
    });
  }
  for (auto& thread : crowd) thread.join();
  CHECK(allowed == 50);
}

TEST_CASE("AnalysisService: pays for so many a minute while its store is away, and no more") {
  OutageFixture bench;
  bench.faulty.unavailable = true;
  CHECK(bench.Ask("one"));
  CHECK(bench.Ask("two"));
  const auto refused = bench.Ask("three");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kOverloaded);
  CHECK(refused.error().charge == Charge::kNone);
  CHECK(refused.error().retry_after == 60s);
  CHECK(bench.vendor->calls == 2);
  CHECK(bench.Ask("one")->status == analysis::CacheStatus::kHit);  // in memory

  bench.clock.Advance(60s);
  CHECK(bench.Ask("three"));
  CHECK(bench.vendor->calls == 3);
}

TEST_CASE(
    "AnalysisService: pays without limit when the store answers, before and after an outage") {
  OutageFixture bench;
  for (int i = 0; i < 5; ++i) CHECK(bench.Ask("before " + std::to_string(i)));
  bench.faulty.unavailable = true;
  for (int i = 0; i < 5; ++i)
    CHECK(bench.Ask("during " + std::to_string(i)).has_value() == (i < 2));
  bench.faulty.unavailable = false;
  for (int i = 0; i < 5; ++i) CHECK(bench.Ask("after " + std::to_string(i)));
  CHECK(bench.vendor->calls == 12);
}

TEST_CASE("AnalysisService: a store that takes no verdicts is an outage too, also with leases") {
  OutageFixture bench;
  test::FakeLeaseStore full{bench.behind, bench.clock};
  full.read_only = true;
  cache::TieredStore tiers{nullptr, &full};
  cache::LeaseNotifier notifier{cache::KeySpace(), bench.clock};
  analysis::AnalysisService service(tiers, bench.panel, bench.nobody, bench.clock,
                                    {.outage_calls_per_minute = 3}, {&full, &notifier});
  int paid = 0;
  for (int i = 0; i < 24; ++i) {
    analysis::Content content;
    content.key = {cache::ContentKind::kText, content::DigestOf(AsBytes(std::to_string(i)))};
    paid += service.Analyze(content, Deadline::Never()).has_value() ? 1 : 0;
  }
  CHECK(paid == 3);
}

TEST_CASE("AnalysisService: a total for the whole of an outage; the store's return ends it") {
  OutageFixture bench;
  analysis::AnalysisService service(bench.tiers, bench.panel, bench.nobody, bench.clock,
                                    {.outage_calls_total = 3});
  const auto ask = [&](int i) {
    analysis::Content content;
    content.key = {cache::ContentKind::kText, content::DigestOf(AsBytes(std::to_string(i)))};
    return service.Analyze(content, Deadline::Never()).has_value();
  };
  bench.faulty.unavailable = true;
  for (int i = 0; i < 10; ++i, bench.clock.Advance(10min)) CHECK(ask(i) == (i < 3));
  bench.faulty.unavailable = false;
  CHECK(ask(100));
  bench.faulty.unavailable = true;
  for (int i = 200; i < 210; ++i) CHECK(ask(i) == (i < 203));
}
