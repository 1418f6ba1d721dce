// What a failed call tells the other replicas, and what it does not.
#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "support/gate.h"
#include "support/gated_detector.h"
#include "support/recording_logger.h"
#include "unit/analysis/shared_store_fixture.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/detection/breaker_detector.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::Analysis;
using analysis::AnalysisService;
using analysis::CacheStatus;
using test::GatedDetector;

namespace {

using Vendors = std::vector<std::shared_ptr<detection::Detector>>;

/// Replicas with vendors of their own, on one shared store.
struct NoteFixture : test::SharedStoreFixture {
  AnalysisService& Add(const Vendors& vendors, const analysis::AnalysisOptions& options = {}) {
    panels.push_back(
        std::make_unique<detection::DetectorPanel>(Vendors{}, Vendors{}, vendors, clock));
    replicas.push_back(std::make_unique<AnalysisService>(
        tiers, *panels.back(), nobody, clock, options, analysis::Safeguards{&shared, &notifier}));
    return *replicas.back();
  }
  static Result<Analysis> Ask(AnalysisService& replica, std::string_view text) {
    return replica.Analyze(test::TextContent(text), Deadline::Never());
  }
  static void Fail(GatedDetector& vendor, const Error& error) {
    vendor.answer = [error](const auto&) -> Result<detection::Detection> { return error; };
  }

  test::RecordingLogger log;
  std::shared_ptr<GatedDetector> a = std::make_shared<GatedDetector>("a");
  std::shared_ptr<GatedDetector> b = std::make_shared<GatedDetector>("b");
  std::vector<std::unique_ptr<detection::DetectorPanel>> panels;
  std::vector<std::unique_ptr<AnalysisService>> replicas;
};

const Error kDown{ErrorCode::kVendorUnavailable, "down", Charge::kNone};

}  // namespace

TEST_CASE("Failure notes: the refusal of an open breaker, which asked nobody, is none") {
  NoteFixture bench;
  const auto breaker = std::make_shared<detection::BreakerDetector>(
      bench.a, detection::BreakerOptions{.faults = 1}, bench.clock, bench.log);
  AnalysisService& broken = bench.Add({breaker});
  AnalysisService& sound = bench.Add({std::make_shared<GatedDetector>("a")});
  NoteFixture::Fail(*bench.a, kDown);
  CHECK_FALSE(NoteFixture::Ask(broken, "opens it"));
  CHECK(NoteFixture::Ask(broken, "refused").error().code == ErrorCode::kVendorUnavailable);
  CHECK(bench.a->calls == 1);
  const auto answer = NoteFixture::Ask(sound, "refused");
  REQUIRE(answer);
  CHECK(answer->status == CacheStatus::kMiss);
}

TEST_CASE("Failure notes: a replica with other vendors asks them, and no failed one") {
  NoteFixture bench;
  AnalysisService& with_a = bench.Add({bench.a});
  AnalysisService& with_both = bench.Add({bench.a, bench.b});
  NoteFixture::Fail(*bench.a, kDown);
  CHECK_FALSE(NoteFixture::Ask(with_a, "text"));
  const auto answer = NoteFixture::Ask(with_both, "text");
  REQUIRE(answer);
  CHECK(answer->status == CacheStatus::kMiss);
  const Verdict& verdict = answer->entry->verdict;
  CHECK(verdict.partial);
  CHECK(verdict.provider == "b");
  REQUIRE(verdict.sources.size() == 2);
  CHECK(verdict.sources[0].provider == "a");
  CHECK(verdict.sources[0].error == "vendor_unavailable");
  CHECK(bench.a->calls == 1);
  CHECK(bench.b->calls == 1);
  CHECK(NoteFixture::Ask(with_a, "text")->status == CacheStatus::kHit);
}

TEST_CASE("Failure notes: a note names all that failed, on whichever replica") {
  NoteFixture bench;
  AnalysisService& with_a = bench.Add({bench.a});
  AnalysisService& with_b = bench.Add({bench.b});
  AnalysisService& with_both = bench.Add({bench.a, bench.b});
  NoteFixture::Fail(*bench.a, kDown);
  NoteFixture::Fail(*bench.b, kDown);
  CHECK_FALSE(NoteFixture::Ask(with_a, "text"));
  CHECK_FALSE(NoteFixture::Ask(with_b, "text"));
  for (AnalysisService* replica : {&with_a, &with_b, &with_both}) {
    CHECK(NoteFixture::Ask(*replica, "text").error().retry_after <= 1s);
  }
  CHECK(bench.a->calls == 1);
  CHECK(bench.b->calls == 1);
  bench.clock.Advance(1s);
  CHECK_FALSE(NoteFixture::Ask(with_both, "text"));
  CHECK(bench.a->calls == 2);
  CHECK(bench.b->calls == 2);
}

TEST_CASE("Failure notes: a refusal that takes a note over puts it back") {
  NoteFixture bench;
  AnalysisService& with_a = bench.Add({bench.a});
  AnalysisService& with_dear_b = bench.Add({bench.b}, {.dearest_call = Usd::FromMicros(1)});
  NoteFixture::Fail(*bench.a, kDown);
  CHECK_FALSE(NoteFixture::Ask(with_a, "text"));
  CHECK(NoteFixture::Ask(with_dear_b, "text").error().code == ErrorCode::kTooExpensive);
  AnalysisService& again = bench.Add({bench.a});
  CHECK_FALSE(NoteFixture::Ask(again, "text"));
  CHECK(bench.a->calls == 1);
}

TEST_CASE("Failure notes: a failure that says nothing of the next try keeps no replica waiting") {
  NoteFixture bench;
  AnalysisService& one = bench.Add({bench.a});
  AnalysisService& other = bench.Add({bench.b});
  AnalysisService& same = bench.Add({std::make_shared<GatedDetector>("a")});
  NoteFixture::Fail(
      *bench.a,
      {.code = ErrorCode::kOverloaded, .message = "a: Too many analyses wait.", .retry_after = 1s});
  for (const std::string_view text : {"first", "second"}) {
    CHECK(NoteFixture::Ask(one, text).error().code == ErrorCode::kOverloaded);
  }
  CHECK(NoteFixture::Ask(other, "first")->status == CacheStatus::kMiss);
  CHECK(NoteFixture::Ask(same, "second")->status == CacheStatus::kMiss);
}

TEST_CASE("AnalysisService: who joins a call under way after the stop still gets its verdict") {
  NoteFixture bench;
  AnalysisService& replica = bench.Add({bench.a});
  test::Gate gate;
  bench.a->answer = [&](const auto&) {
    gate.Pass();
    return bench.a->Verdict(61);
  };
  std::thread first([&] { CHECK(NoteFixture::Ask(replica, "text")); });
  gate.AwaitArrivals(1);
  replica.StopBy(Deadline::After(bench.clock, 10s));
  CHECK(NoteFixture::Ask(replica, "new").error().code == ErrorCode::kShuttingDown);
  std::thread joining([&] {
    const auto answer = NoteFixture::Ask(replica, "text");
    REQUIRE(answer);
    CHECK(answer->status == CacheStatus::kCoalesced);
    CHECK(answer->entry->verdict.ai_score == 61);
  });
  bench.clock.AwaitWaiters(2);
  gate.Open();
  first.join();
  joining.join();
  CHECK(bench.a->calls == 1);
}
