// Replicas that differ: in their vendors, or in the format that they can read.
#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "support/fake_clock.h"
#include "support/fake_leases.h"
#include "support/gate.h"
#include "support/gated_detector.h"
#include "unit/analysis/shared_store_fixture.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/cache/memory/memory_store.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::Analysis;
using analysis::AnalysisService;
using analysis::CacheStatus;

namespace {

/// A store in which contents may have an entry of a later format version that is unreadable.
class StoreOfTheFuture final : public cache::VerdictStore {
 public:
  explicit StoreOfTheFuture(cache::VerdictStore& real) : real_(real) {}

  std::optional<cache::CacheKey> unreadable;

  cache::LookupResult Lookup(const cache::CacheKey& key, Deadline deadline) override {
    if (key != unreadable) return real_.Lookup(key, deadline);
    cache::LookupResult result;
    result.outcome = cache::LookupOutcome::kCorrupt;
    result.newer = true;
    return result;
  }
  std::vector<cache::LookupResult> LookupMany(std::span<const cache::CacheKey> keys,
                                              Deadline deadline) override {
    std::vector<cache::LookupResult> results;
    for (const auto& key : keys) results.push_back(Lookup(key, deadline));
    return results;
  }
  Result<void> Put(const cache::PutRequest& request, Deadline deadline) override {
    CHECK(request.entry->key != unreadable);
    return real_.Put(request, deadline);
  }
  Result<cache::ClearReport> Clear(const cache::KeyPattern& pattern, cache::ClearMode mode,
                                   Deadline deadline) override {
    return real_.Clear(pattern, mode, deadline);
  }
  bool available() const noexcept override { return true; }

 private:
  cache::VerdictStore& real_;
};

/// Two replicas on one shared store. Each has a vendor of its own.
struct DifferingReplicas {
  explicit DifferingReplicas(bool same_detectors = true) {
    for (std::size_t i = 0; i < 2; ++i) {
      services.at(i) = std::make_unique<AnalysisService>(
          tiers, panels.at(i), nobody, clock,
          analysis::AnalysisOptions{.same_detectors = same_detectors},
          analysis::Safeguards{&shared, &notifier});
    }
  }
  static analysis::Content About(std::string_view text) { return test::TextContent(text); }
  Result<Analysis> Ask(std::size_t replica, std::string_view text) {
    return services.at(replica)->Analyze(About(text), Deadline::Never());
  }
  int calls() const { return one->calls + two->calls; }

  test::FakeClock clock;
  std::shared_ptr<test::GatedDetector> one = std::make_shared<test::GatedDetector>("one");
  std::shared_ptr<test::GatedDetector> two = std::make_shared<test::GatedDetector>("two");
  std::array<detection::DetectorPanel, 2> panels{detection::DetectorPanel({}, {}, {one}, clock),
                                                 detection::DetectorPanel({}, {}, {two}, clock)};
  cache::MemoryStore verdicts{{.max_ttl = 0s}, clock};
  StoreOfTheFuture store{verdicts};
  test::FakeLeaseStore shared{store, clock};
  cache::TieredStore tiers{nullptr, &shared};
  cache::LeaseNotifier notifier{cache::KeySpace(), clock};
  analysis::AnalysisObserver nobody;
  std::array<std::unique_ptr<AnalysisService>, 2> services;
};

}  // namespace

TEST_CASE("CACHE_SAME_DETECTORS: two sets of vendors in turns pay once each") {
  DifferingReplicas pair;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto answer = pair.Ask(i % 2, "viral");
    REQUIRE(answer);
    CHECK(answer->status == (i < 2 ? CacheStatus::kMiss : CacheStatus::kHit));
    CHECK(answer->entry->verdict.sources.front().provider == (i % 2 == 0 ? "one" : "two"));
  }
  CHECK(pair.calls() == 2);
}

TEST_CASE("CACHE_SAME_DETECTORS: without it any verdict serves, under the usual name") {
  DifferingReplicas pair(/*same_detectors=*/false);
  for (std::size_t i = 0; i < 8; ++i) CHECK(pair.Ask(i % 2, "viral"));
  CHECK(pair.calls() == 1);
  CHECK(pair.verdicts.Lookup(DifferingReplicas::About("viral").key, Deadline::Never()).entry);
}

TEST_CASE("CACHE_SAME_DETECTORS: another set's call or failure is not waited for") {
  DifferingReplicas pair;
  test::Gate gate;
  pair.one->answer = [&](const auto&) -> Result<detection::Detection> {
    gate.Pass();
    return Error{ErrorCode::kVendorInvalidAnswer, "nonsense", Charge::kCharged};
  };
  std::thread first([&] { CHECK_FALSE(pair.Ask(0, "viral")); });
  gate.AwaitArrivals(1);
  CHECK(pair.Ask(1, "viral")->status == CacheStatus::kMiss);
  gate.Open();
  first.join();
  CHECK_FALSE(pair.Ask(0, "viral"));  // its own failure holds
  CHECK(pair.Ask(1, "viral")->status == CacheStatus::kHit);
  CHECK(pair.calls() == 2);
}

TEST_CASE("CACHE_SAME_DETECTORS: a verdict from before the option is served to its own set") {
  DifferingReplicas before(/*same_detectors=*/false);
  CHECK(before.Ask(0, "old")->status == CacheStatus::kMiss);
  for (const std::size_t replica : {0U, 1U}) {
    AnalysisService now(before.tiers, before.panels.at(replica), before.nobody, before.clock,
                        {.same_detectors = true}, {&before.shared, &before.notifier});
    CHECK(now.Analyze(DifferingReplicas::About("old"), Deadline::Never())->status ==
          (replica == 0 ? CacheStatus::kHit : CacheStatus::kMiss));
  }
  CHECK(before.calls() == 2);
}

TEST_CASE("CACHE_SAME_DETECTORS: the content's hash finds and clears the verdict of each set") {
  DifferingReplicas pair;
  const cache::CacheKey key = DifferingReplicas::About("viral").key;
  CHECK_FALSE(pair.services[0]->Find(key, Deadline::Never()));
  for (const std::size_t replica : {0U, 1U}) CHECK(pair.Ask(replica, "viral"));
  for (const std::size_t replica : {0U, 1U}) {
    const auto found = pair.services.at(replica)->Find(key, Deadline::Never());
    REQUIRE(found);
    CHECK(found->entry->verdict.sources.front().provider == (replica == 0 ? "one" : "two"));
  }
  const auto pattern = cache::KeyPattern::Parse(key.ToString());
  CHECK(pair.tiers.Clear(*pattern, cache::ClearMode::kDelete, Deadline::Never())->text == 2);
  CHECK_FALSE(pair.services[0]->Find(key, Deadline::Never()));
}

TEST_CASE("Newer format: an entry that cannot be read stays, and is paid for once beside it") {
  for (const bool same_detectors : {false, true}) {
    CAPTURE(same_detectors);
    DifferingReplicas pair(same_detectors);
    cache::CacheKey key = DifferingReplicas::About("future").key;
    if (same_detectors) key.variant = cache::VariantOf("one/1");
    pair.store.unreadable = key;
    CHECK(pair.Ask(0, "future")->status == CacheStatus::kMiss);
    CHECK(pair.Ask(0, "future")->status == CacheStatus::kHit);
    CHECK(pair.one->calls == 1);
    CHECK_FALSE(pair.shared.Held(key));
  }
}

TEST_CASE("Newer format: one that arrives between look-up and claim is not overwritten either") {
  DifferingReplicas pair(/*same_detectors=*/false);
  const cache::CacheKey key = DifferingReplicas::About("future").key;
  pair.shared.amid_claim = [&] { pair.store.unreadable = key; };
  CHECK(pair.Ask(0, "future")->status == CacheStatus::kMiss);
  CHECK(pair.Ask(1, "future")->status == CacheStatus::kHit);
  CHECK(pair.calls() == 1);
}
