// Contents whose calls are charged and never become a verdict.
#include <doctest/doctest.h>

#include <memory>
#include <string_view>
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

/// Replicas of one vendor, whose answer costs and is none, with or without a shared store.
struct ChargedFixture : test::OneVendorFixture {
  explicit ChargedFixture(bool with_leases) {
    vendor->answer = [](const auto&) -> Result<detection::Detection> {
      return Error{ErrorCode::kVendorInvalidAnswer, "nonsense", Charge::kCharged};
    };
    for (int i = 0; i < 2; ++i) {
      replicas.push_back(std::make_unique<AnalysisService>(
          tiers, panel, nobody, clock, analysis::AnalysisOptions{},
          with_leases ? analysis::Safeguards{&shared, &notifier} : analysis::Safeguards{}));
    }
  }
  static analysis::Content Of(std::string_view text) { return test::TextContent(text); }
  Result<Analysis> Ask(std::size_t replica, std::string_view text = "costly") {
    return replicas.at(replica)->Analyze(Of(text), Deadline::Never());
  }
  /// Both replicas are asked, as often as a client that does not give up.
  void AskFor(std::chrono::seconds time) {
    for (auto passed = 0s; passed < time; passed += 15s) {
      CHECK_FALSE(Ask(0));
      CHECK_FALSE(Ask(1));
      clock.Advance(15s);
    }
  }

  std::vector<std::unique_ptr<AnalysisService>> replicas;
};

}  // namespace

TEST_CASE("Charged failures: the hold doubles up to six hours, on all replicas") {
  ChargedFixture bench(true);
  bench.AskFor(1h);
  CHECK(bench.vendor->calls <= 12);
  bench.AskFor(23h);
  CHECK(bench.vendor->calls <= 18);
  CHECK(bench.vendor->calls >= 15);
}

TEST_CASE("Charged failures: a held content gets 503 with the time that is left, others are paid") {
  ChargedFixture bench(true);
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 64s}) {
    CHECK(bench.Ask(1).error().retry_after == pause);
    bench.clock.Advance(pause);
  }
  CHECK(bench.Ask(0).error().retry_after == 128s);
  bench.clock.Advance(31s);
  for (const std::size_t replica : {0U, 1U}) {
    const auto held = bench.Ask(replica);
    REQUIRE_FALSE(held);
    CHECK(held.error().code == ErrorCode::kVendorUnavailable);
    CHECK(held.error().charge == Charge::kNone);
    CHECK(held.error().retry_after == 97s);
    CHECK(PublicMessage(held.error()).find("charged") != std::string::npos);
  }
  CHECK(bench.vendor->calls == 8);
  CHECK(bench.Ask(0, "another").error().code == ErrorCode::kVendorInvalidAnswer);
  CHECK(bench.vendor->calls == 9);
}

TEST_CASE("Charged failures: a clear of the content lifts the hold, another clear does not") {
  ChargedFixture bench(true);
  bench.AskFor(3min);
  const int before = bench.vendor->calls;
  bench.clock.Advance(10s);
  CHECK_FALSE(bench.Ask(0));
  CHECK(bench.vendor->calls == before);
  const auto clear = [&](std::string_view pattern) {
    REQUIRE(bench.tiers.Clear(*cache::KeyPattern::Parse(pattern), cache::ClearMode::kDelete,
                              Deadline::Never()));
  };
  clear("analysis:*");
  CHECK_FALSE(bench.Ask(1));
  CHECK(bench.vendor->calls == before);
  clear(ChargedFixture::Of("costly").key.ToString());
  CHECK(bench.Ask(1).error().retry_after == 1s);
  CHECK(bench.vendor->calls == before + 1);
}

TEST_CASE("Charged failures: a verdict ends the doubling, uncharged failures never begin it") {
  ChargedFixture bench(false);
  bench.AskFor(2min);
  bench.clock.Advance(5min);
  bench.vendor->answer = [](const auto&) -> Result<detection::Detection> {
    return Error{ErrorCode::kVendorUnavailable, "down", Charge::kNone};
  };
  const int before = bench.vendor->calls;
  for (int i = 0; i < 10; ++i) {
    CHECK(bench.Ask(0, "other").error().retry_after <= 30s);
    bench.clock.Advance(30s);
  }
  CHECK(bench.vendor->calls == before + 10);
  bench.vendor->answer = [&](const auto&) { return bench.vendor->Verdict(5); };
  CHECK(bench.Ask(0)->status == CacheStatus::kMiss);
}

TEST_CASE("Charged failures: without any store the process remembers") {
  ChargedFixture bench(false);
  bench.shared.unavailable = true;
  bench.AskFor(24h);
  CHECK(bench.vendor->calls <= 2 * 18);  // each replica by itself
}
