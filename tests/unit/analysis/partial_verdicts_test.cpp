// A verdict that lacks a vendor, and the call that completes it.
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "support/gated_detector.h"
#include "unit/analysis/shared_store_fixture.h"
#include "vcache/analysis/analysis_service.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::Analysis;
using analysis::AnalysisService;
using analysis::CacheStatus;

namespace {

struct PartialFixture : test::SharedStoreFixture {
  Result<Analysis> Ask() { return service.Analyze(test::TextContent("half"), Deadline::Never()); }
  void Break(test::GatedDetector& vendor) {
    vendor.answer = [](const auto&) -> Result<detection::Detection> {
      return Error{ErrorCode::kVendorTimeout, "slow", Charge::kCharged};
    };
  }
  void Mend(test::GatedDetector& vendor, double score) {
    vendor.answer = [&vendor, score](const auto&) { return vendor.Verdict(score); };
  }

  std::shared_ptr<test::GatedDetector> a = std::make_shared<test::GatedDetector>("a");
  std::shared_ptr<test::GatedDetector> b = std::make_shared<test::GatedDetector>("b");
  std::shared_ptr<test::GatedDetector> c = std::make_shared<test::GatedDetector>("c");
  detection::DetectorPanel panel{{}, {}, {a, b, c}, clock};
  AnalysisService service{
      tiers, panel, nobody, clock, {.ttl_text = 3000s, .partial_ttl = 60s}, {&shared, &notifier}};
};

}  // namespace

TEST_CASE("Partial verdicts: after their time only the missing vendors are asked, and join") {
  PartialFixture bench;
  bench.Mend(*bench.a, 10);
  bench.Break(*bench.b);
  bench.Mend(*bench.c, 30);
  const auto first = bench.Ask();
  REQUIRE(first);
  CHECK(first->entry->verdict.partial);
  CHECK(first->entry->verdict.ai_score == 20);
  CHECK(first->ttl == 60s);
  CHECK(first->entry->cost == Usd::FromMicros(30'000));
  CHECK(bench.Ask()->status == CacheStatus::kHit);

  bench.clock.Advance(61s);
  const auto still = bench.Ask();  // b fails again: the others' answers stay
  REQUIRE(still);
  CHECK(still->status == CacheStatus::kMiss);
  CHECK(still->entry->verdict.partial);
  CHECK(still->entry->verdict.ai_score == 20);
  CHECK(still->ttl == 60s);

  bench.clock.Advance(61s);
  bench.Mend(*bench.b, 80);
  const auto whole = bench.Ask();
  REQUIRE(whole);
  const Verdict& verdict = whole->entry->verdict;
  CHECK_FALSE(verdict.partial);
  CHECK(verdict.ai_score == 40);
  CHECK(verdict.consensus == "2/3");
  REQUIRE(verdict.sources.size() == 3);
  CHECK(verdict.sources[0].provider == "a");
  CHECK(verdict.sources[1].provider == "b");
  CHECK(verdict.sources[1].error.empty());
  CHECK(verdict.sources[2].provider == "c");
  CHECK(whole->entry->cost == Usd::FromMicros(50'000));
  CHECK(whole->ttl == 3000s);
  CHECK(bench.a->calls == 1);
  CHECK(bench.b->calls == 3);
  CHECK(bench.c->calls == 1);
  bench.clock.Advance(61s);
  CHECK(bench.Ask()->status == CacheStatus::kHit);
}

TEST_CASE("Partial verdicts: a clear forgets their answers too") {
  PartialFixture bench;
  bench.Break(*bench.b);
  CHECK(bench.Ask()->entry->verdict.partial);
  bench.clock.Advance(61s);
  REQUIRE(
      bench.tiers.Clear(cache::KeyPattern::All(), cache::ClearMode::kDelete, Deadline::Never()));
  bench.Mend(*bench.b, 80);
  CHECK_FALSE(bench.Ask()->entry->verdict.partial);
  CHECK(bench.a->calls == 2);
}
