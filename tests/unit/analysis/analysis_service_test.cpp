#include "vcache/analysis/analysis_service.h"
#include "unit/analysis/shared_store_fixture.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/fake_clock.h"
#include "support/faulty_store.h"
#include "support/gate.h"
#include "support/gated_detector.h"
#include "vcache/cache/memory/memory_store.h"
#include "vcache/cache/tiers/tiered_store.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::Analysis;
using analysis::CacheStatus;
using cache::Counter;

namespace {

struct CountingObserver final : analysis::AnalysisObserver {
  std::atomic<int> hits{0}, misses{0}, joined{0}, corrupt{0}, errors{0}, not_kept{0};
  std::atomic<std::int64_t> spent_kept{0}, spent_not_kept{0}, unknown{0};

  void OnHit(const cache::CacheKey&, std::string_view, cache::Tier, Usd) override { ++hits; }
  void OnMiss(const cache::CacheKey&, std::string_view, const cache::LookupResult&) override {
    ++misses;
  }
  void OnJoined(const cache::CacheKey&, std::string_view, Usd) override { ++joined; }
  void OnCorrupt(const cache::CacheKey&, std::string_view) override { ++corrupt; }
  void OnPaid(const cache::CacheKey&, const cache::Counters& counters, bool kept) override {
    (kept ? spent_kept : spent_not_kept) += counters.total(Counter::kSpentMicros);
    unknown += counters.total(Counter::kUnknownCharges);
  }
  void OnNotStored(const cache::CacheKey&, const Error&) override { ++not_kept; }
  void OnError(const cache::CacheKey&, const Error&) override { ++errors; }
};

/// A service on a store that can fail, with one vendor that a test commands.
struct Bench {
  explicit Bench(analysis::AnalysisOptions options = {}, bool with_memory = false,
                 bool with_vendor = true)
      : panel(Members(with_vendor), Members(with_vendor), Members(with_vendor), clock),
        tiers(with_memory ? &memory : nullptr, &faulty),
        service(
            std::make_unique<analysis::AnalysisService>(tiers, panel, observer, clock, options)) {}

  std::vector<std::shared_ptr<detection::Detector>> Members(bool with_vendor) const {
    if (!with_vendor) return {};
    return {vendor};
  }

  Result<Analysis> Ask(std::string_view text, Deadline deadline = Deadline::Never()) {
    return service->Analyze(TextContent(text), deadline);
  }
  static analysis::Content TextContent(std::string_view text) { return test::TextContent(text); }

  test::FakeClock clock;
  std::shared_ptr<test::GatedDetector> vendor = std::make_shared<test::GatedDetector>();
  detection::DetectorPanel panel;
  cache::MemoryStore memory{{.max_ttl = 300s}, clock};
  cache::MemoryStore behind{{.max_ttl = 0s}, clock};
  test::FaultyStore faulty{behind};
  cache::TieredStore tiers;
  CountingObserver observer;
  std::unique_ptr<analysis::AnalysisService> service;
};

}  // namespace

TEST_CASE("AnalysisService: the second request for a content is a hit and costs nothing") {
  for (const bool with_memory : {false, true}) {
    Bench bench({}, with_memory);
    const auto first = bench.Ask("one");
    const auto second = bench.Ask("one");
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->status == CacheStatus::kMiss);
    CHECK(first->stored);
    CHECK(second->status == CacheStatus::kHit);
    CHECK(second->entry->verdict.ai_score == 80);
    CHECK(second->saved.micros() == 10'000);
    CHECK(bench.vendor->calls == 1);
    CHECK(bench.observer.spent_kept == 10'000);
  }
}

TEST_CASE("AnalysisService: the TTL follows the kind, and a partial verdict lives shorter") {
  Bench bench({.ttl_analysis = 700s, .ttl_text = 3000s, .partial_ttl = 60s});
  CHECK(bench.Ask("text")->ttl == 3000s);
  auto file = Bench::TextContent("file");
  file.key.kind = cache::ContentKind::kAnalysis;
  CHECK(bench.service->Analyze(file, Deadline::Never())->ttl == 700s);

  auto broken = std::make_shared<test::GatedDetector>("broken");
  broken->answer = [](const auto&) { return Error{ErrorCode::kVendorUnavailable, "down"}; };
  const detection::DetectorPanel two({}, {}, {bench.vendor, broken}, bench.clock);
  analysis::AnalysisService service(bench.tiers, two, bench.observer, bench.clock,
                                    {.ttl_text = 3000s, .partial_ttl = 60s});
  const auto partial = service.Analyze(Bench::TextContent("half"), Deadline::Never());
  REQUIRE(partial);
  CHECK(partial->entry->verdict.partial);
  CHECK(partial->ttl == 60s);
}

TEST_CASE("AnalysisService: 200 at once for one content pay once; one MISS, 199 COALESCED") {
  Bench bench;
  test::Gate gate;
  bench.vendor->answer = [&](const auto&) {
    gate.Pass();
    return bench.vendor->Verdict(91);
  };
  std::array<std::atomic<int>, 3> by_status{};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 200; ++i) {
    crowd.emplace_back([&] {
      const auto answer = bench.Ask("viral");
      if (answer && answer->entry->verdict.ai_score == 91) {
        ++by_status[static_cast<std::size_t>(answer->status)];
      }
    });
  }
  gate.AwaitArrivals(1);
  bench.clock.AwaitWaiters(200);  // the leader waits for its own flight like everybody
  gate.Open();
  for (auto& thread : crowd) thread.join();
  CHECK(bench.vendor->calls == 1);
  CHECK(by_status[static_cast<std::size_t>(CacheStatus::kMiss)] == 1);
  CHECK(by_status[static_cast<std::size_t>(CacheStatus::kCoalesced)] == 199);
  CHECK(bench.observer.misses == 1);
  CHECK(bench.observer.joined == 199);
}

TEST_CASE(
    "AnalysisService: followers receive the leader's error, and the next one after a pause pays") {
  Bench bench;
  test::Gate gate;
  bench.vendor->answer = [&](const auto&) -> Result<detection::Detection> {
    gate.Pass();
    return Error{ErrorCode::kVendorTimeout, "slow", Charge::kUnknown};
  };
  std::atomic<int> timeouts{0};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 8; ++i) {
    crowd.emplace_back([&] {
      const auto answer = bench.Ask("unlucky");
      if (!answer && answer.error().code == ErrorCode::kVendorTimeout) ++timeouts;
    });
  }
  bench.clock.AwaitWaiters(8);
  gate.Open();
  for (auto& thread : crowd) thread.join();
  CHECK(timeouts == 8);
  CHECK(bench.vendor->calls == 1);
  CHECK(bench.observer.unknown == 1);

  bench.vendor->answer = [&](const auto&) { return bench.vendor->Verdict(5); };
  const auto paused = bench.Ask("unlucky");
  REQUIRE_FALSE(paused);
  CHECK(paused.error().code == ErrorCode::kVendorTimeout);
  CHECK(paused.error().charge == Charge::kNone);  // nothing was asked of the vendor
  CHECK(paused.error().retry_after == 1s);
  CHECK(bench.vendor->calls == 1);
  bench.clock.Advance(1s);
  const auto again = bench.Ask("unlucky");
  REQUIRE(again);
  CHECK(again->status == CacheStatus::kMiss);
  CHECK(bench.vendor->calls == 2);
}

TEST_CASE("AnalysisService: a call that throws settles its flight") {
  Bench bench;
  bench.faulty.before_keep = [] { throw std::runtime_error("store bug"); };
  const auto answer = bench.Ask("throws");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kInternal);
  bench.faulty.before_keep = [] {};
  CHECK(bench.Ask("throws"));
}

TEST_CASE("AnalysisService: whoever leaves at its deadline cancels nothing; the verdict is kept") {
  Bench bench;
  test::Gate gate;
  bench.vendor->answer = [&](const auto&) {
    gate.Pass();
    return bench.vendor->Verdict(60);
  };
  std::thread leader([&] {
    const auto left = bench.Ask("slow", Deadline::After(bench.clock, 100ms));
    CHECK_FALSE(left);
    CHECK(left.error().code == ErrorCode::kDeadlineExceeded);
  });
  gate.AwaitArrivals(1);
  std::thread follower([&] {
    const auto left = bench.Ask("slow", Deadline::After(bench.clock, 50ms));
    CHECK_FALSE(left);
  });
  bench.clock.AwaitWaiters(2);
  bench.clock.Advance(200ms);
  leader.join();
  follower.join();
  gate.Open();
  CHECK(bench.service->Drain(Deadline::Never()));
  const auto found = bench.service->Find(Bench::TextContent("slow").key, Deadline::Never());
  REQUIRE(found);
  CHECK(found->entry->verdict.ai_score == 60);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("AnalysisService: the key stays taken until the verdict is kept") {
  Bench bench;
  test::Gate keeping;
  bench.faulty.before_keep = [&] { keeping.Pass(); };
  std::thread first([&] { CHECK(bench.Ask("between")->status == CacheStatus::kMiss); });
  keeping.AwaitArrivals(1);  // paid, not kept yet
  std::thread second([&] { CHECK(bench.Ask("between")->status == CacheStatus::kCoalesced); });
  bench.clock.AwaitWaiters(2);
  keeping.Open();
  first.join();
  second.join();
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("AnalysisService: a hit found inside a flight is a hit for all who joined it") {
  Bench bench;
  REQUIRE(bench.Ask("known"));
  CHECK(bench.Ask("known")->status == CacheStatus::kHit);
  CHECK(bench.observer.hits == 1);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE(
    "AnalysisService: without a vendor nothing is kept, and known content is still answered") {
  Bench bench;
  REQUIRE(bench.Ask("known"));
  const detection::DetectorPanel nobody({}, {}, {}, bench.clock);
  analysis::AnalysisService service(bench.tiers, nobody, bench.observer, bench.clock, {});
  CHECK(service.Analyze(Bench::TextContent("known"), Deadline::Never()));
  const auto refused = service.Analyze(Bench::TextContent("new"), Deadline::Never());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kVendorNotConfigured);
  CHECK_FALSE(service.Find(Bench::TextContent("new").key, Deadline::Never()));
}

TEST_CASE("AnalysisService: a store that does not answer is in nobody's way") {
  Bench bench;
  bench.faulty.unavailable = true;
  const auto answer = bench.Ask("outage");
  REQUIRE(answer);
  CHECK(answer->status == CacheStatus::kMiss);
  CHECK_FALSE(answer->stored);
  CHECK(bench.observer.not_kept == 1);
  CHECK(bench.observer.spent_not_kept == 10'000);

  const auto lookup = bench.service->Find(Bench::TextContent("outage").key, Deadline::Never());
  REQUIRE_FALSE(lookup);
  CHECK(lookup.error().code == ErrorCode::kStoreUnavailable);
}

TEST_CASE("AnalysisService: what only memory keeps, or nothing, still has its cost counted") {
  Bench bench;
  cache::TieredStore only_memory(&bench.memory, nullptr);
  analysis::AnalysisService with_memory(only_memory, bench.panel, bench.observer, bench.clock, {});
  CHECK(with_memory.Analyze(Bench::TextContent("a"), Deadline::Never())->stored);
  CHECK(bench.observer.spent_not_kept == 10'000);
  cache::TieredStore nothing(nullptr, nullptr);
  analysis::AnalysisService without(nothing, bench.panel, bench.observer, bench.clock, {});
  CHECK_FALSE(without.Analyze(Bench::TextContent("a"), Deadline::Never())->stored);
  CHECK(bench.observer.spent_not_kept == 20'000);
}

TEST_CASE("AnalysisService: with a memory tier an outage of the store does not pay twice") {
  Bench bench({}, /*with_memory=*/true);
  bench.faulty.unavailable = true;
  REQUIRE(bench.Ask("outage"));
  CHECK(bench.Ask("outage")->status == CacheStatus::kHit);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("AnalysisService: an unreadable entry is a miss that is counted and overwritten") {
  Bench bench;
  bench.faulty.corrupt = true;
  CHECK(bench.Ask("garbage")->status == CacheStatus::kMiss);
  CHECK(bench.observer.corrupt == 1);
  bench.faulty.corrupt = false;
  CHECK(bench.Ask("garbage")->status == CacheStatus::kHit);
}

TEST_CASE("AnalysisService: Find never pays") {
  Bench bench;
  const auto unknown = bench.service->Find(Bench::TextContent("new").key, Deadline::Never());
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::kNotCached);
  CHECK(bench.vendor->calls == 0);
}

TEST_CASE("AnalysisService: the same bytes as a file and as a text are two contents") {
  Bench bench;
  REQUIRE(bench.Ask("same"));
  auto file = Bench::TextContent("same");
  file.key.kind = cache::ContentKind::kAnalysis;
  CHECK(bench.service->Analyze(file, Deadline::Never())->status == CacheStatus::kMiss);
  CHECK(bench.vendor->calls == 2);
}

TEST_CASE("AnalysisService: draining refuses new calls and waits for those in flight") {
  Bench bench;
  REQUIRE(bench.Ask("known"));
  test::Gate gate;
  bench.vendor->answer = [&](const auto&) {
    gate.Pass();
    return bench.vendor->Verdict(10);
  };
  std::thread client([&] { CHECK_FALSE(bench.Ask("in flight")); });
  gate.AwaitArrivals(1);
  CHECK_FALSE(bench.service->Drain(Deadline::At(bench.clock.Now())));
  client.join();  // told to come back; the call goes on
  const auto refused = bench.Ask("new");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kShuttingDown);
  gate.Open();
  CHECK(bench.service->Drain(Deadline::Never()));
  CHECK(bench.service->Find(Bench::TextContent("in flight").key, Deadline::Never()));
}

TEST_CASE("AnalysisService: a stop ends the waiting, not the call, and its verdict is kept") {
  Bench bench;
  test::Gate gate;
  bench.vendor->answer = [&](const auto&) {
    gate.Pass();
    return bench.vendor->Verdict(10);
  };
  std::thread client([&] {
    const auto answer = bench.Ask("slow");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::kShuttingDown);
  });
  gate.AwaitArrivals(1);
  bench.clock.AwaitWaiters(1);
  bench.service->StopBy(Deadline::After(bench.clock, 20s));
  bench.clock.Advance(20s);
  client.join();
  gate.Open();
  CHECK(bench.service->Drain(Deadline::Never()));
  CHECK(bench.service->Find(Bench::TextContent("slow").key, Deadline::Never()));
}

TEST_CASE("AnalysisService: more flights than allowed are refused; joining one is not") {
  Bench bench({.max_calls = 1});
  test::Gate gate;
  bench.vendor->answer = [&](const auto&) {
    gate.Pass();
    return bench.vendor->Verdict(10);
  };
  std::thread leader([&] { CHECK(bench.Ask("a")); });
  gate.AwaitArrivals(1);
  const auto refused = bench.Ask("b");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kOverloaded);
  CHECK(refused.error().retry_after == 1s);
  std::thread follower([&] { CHECK(bench.Ask("a")->status == CacheStatus::kCoalesced); });
  bench.clock.AwaitWaiters(2);
  gate.Open();
  leader.join();
  follower.join();
}

TEST_CASE("AnalysisService: CACHE_SAME_DETECTORS makes a verdict of others a miss") {
  Bench bench;
  REQUIRE(bench.Ask("content"));
  auto other = std::make_shared<test::GatedDetector>("other");
  const detection::DetectorPanel changed({}, {}, {other}, bench.clock);
  analysis::AnalysisService lenient(bench.tiers, changed, bench.observer, bench.clock, {});
  CHECK(lenient.Analyze(Bench::TextContent("content"), Deadline::Never())->status ==
        CacheStatus::kHit);
  analysis::AnalysisService strict(bench.tiers, changed, bench.observer, bench.clock,
                                   {.same_detectors = true});
  CHECK(strict.Analyze(Bench::TextContent("content"), Deadline::Never())->status ==
        CacheStatus::kMiss);
  CHECK(strict.Analyze(Bench::TextContent("content"), Deadline::Never())->status ==
        CacheStatus::kHit);
  CHECK(other->calls == 1);
}
