// What a caller may ask of the cache: a new verdict, one of at most some age, or no trace of it.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/gate.h"
#include "unit/analysis/shared_store_fixture.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::Analysis;
using analysis::AnalysisService;
using analysis::CacheStatus;
using analysis::CacheUse;

namespace {

constexpr CacheUse kNew{.max_age = 0s};
constexpr CacheUse kNoTrace{.no_store = true};

analysis::Content Asked(std::string_view text, CacheUse use) {
  analysis::Content content = test::TextContent(text);
  content.use = use;
  return content;
}

/// One process; with or without leases.
struct ControlsFixture : test::OneVendorFixture {
  explicit ControlsFixture(bool with_leases = true, analysis::AnalysisOptions options = {})
      : service(with_memory, panel, nobody, clock, options,
                with_leases ? analysis::Safeguards{&shared, &notifier} : analysis::Safeguards{}) {
    shared.before_lookup = [this] { ++lookups; };
  }

  Result<Analysis> Ask(CacheUse use = {}) {
    return service.Analyze(Asked("a text", use), Deadline::Never());
  }
  /// It has joined its flight when this returns.
  std::future<Result<Analysis>> AskLater(CacheUse use) {
    const auto promise = std::make_shared<std::promise<Result<Analysis>>>();
    service.AnalyzeLater(Asked("a text", use), Deadline::Never(),
                         [promise](Result<Analysis> got) { promise->set_value(std::move(got)); });
    return promise->get_future();
  }
  void LetTheVendorSay(double score) {
    vendor->answer = [this, score](const auto&) { return vendor->Verdict(score); };
  }

  std::atomic<int> lookups{0};  ///< In the shared store.
  cache::MemoryStore memory{{.max_ttl = 300s}, clock};
  cache::TieredStore with_memory{&memory, &shared};
  AnalysisService service;
};

double ScoreOf(const Result<Analysis>& result) {
  return result ? result->entry->verdict.ai_score : -1;
}

}  // namespace

TEST_CASE("no-cache: the content is analysed anew, and the new verdict replaces the old one") {
  ControlsFixture fixture;
  REQUIRE(fixture.Ask());
  fixture.LetTheVendorSay(20);
  const auto anew = fixture.Ask(kNew);
  REQUIRE(anew);
  CHECK(anew->status == CacheStatus::kMiss);
  CHECK(anew->replaced);
  CHECK(ScoreOf(anew) == 20);
  const auto later = fixture.Ask();
  CHECK(later->status == CacheStatus::kHit);
  CHECK(ScoreOf(later) == 20);
  CHECK(fixture.vendor->calls == 2);
}

TEST_CASE("no-cache: a call that fails leaves the old verdict") {
  ControlsFixture fixture;
  REQUIRE(fixture.Ask());
  fixture.vendor->answer = [](const auto&) {
    return Error{ErrorCode::kVendorUnavailable, "down", Charge::kNone};
  };
  const auto anew = fixture.Ask(kNew);
  REQUIRE_FALSE(anew);
  CHECK(anew.error().code == ErrorCode::kVendorUnavailable);
  CHECK(ScoreOf(fixture.Ask()) == 80);
  fixture.with_memory.ClearMemory(cache::KeyPattern::All());
  CHECK(ScoreOf(fixture.Ask()) == 80);
  CHECK(fixture.vendor->calls == 2);
}

TEST_CASE("no-cache: callers at the same moment share one call, and others are not held up") {
  for (const bool with_leases : {true, false}) {
    CAPTURE(with_leases);
    ControlsFixture fixture(with_leases);
    REQUIRE(fixture.Ask());
    fixture.with_memory.ClearMemory(cache::KeyPattern::All());
    test::Gate gate;
    fixture.HoldTheVendor(gate);
    std::vector<std::future<Result<Analysis>>> asked;
    for (int i = 0; i < 40; ++i) asked.push_back(fixture.AskLater(kNew));
    gate.AwaitArrivals(1);
    const auto usual = fixture.Ask();
    CHECK(usual->status == CacheStatus::kHit);
    CHECK(ScoreOf(usual) == 80);
    gate.Open();
    for (auto& each : asked) CHECK(ScoreOf(each.get()) == 77);
    CHECK(fixture.vendor->calls == 2);
  }
}

TEST_CASE("no-cache: a call under way for a caller without a wish is new enough") {
  for (const bool with_leases : {true, false}) {
    CAPTURE(with_leases);
    ControlsFixture fixture(with_leases);
    test::Gate gate;
    fixture.HoldTheVendor(gate);
    auto usual = fixture.AskLater({});
    gate.AwaitArrivals(1);
    const int before = fixture.lookups;
    auto anew = fixture.AskLater(kNew);
    auto young = fixture.AskLater({.max_age = 60s});
    while (fixture.lookups < before + 2) std::this_thread::yield();
    gate.Open();
    CHECK(usual.get()->status == CacheStatus::kMiss);
    // A hit if it began only when the call had ended, in the same second.
    CHECK(anew.get()->status != CacheStatus::kMiss);
    CHECK(ScoreOf(young.get()) == 77);
    CHECK(fixture.vendor->calls == 1);
  }
}

TEST_CASE("no-cache: a miss that comes during the new call waits for it") {
  for (const bool with_leases : {true, false}) {
    CAPTURE(with_leases);
    ControlsFixture fixture(with_leases);
    test::Gate gate;
    fixture.HoldTheVendor(gate);
    auto anew = fixture.AskLater(kNew);
    gate.AwaitArrivals(1);
    const int before = fixture.lookups;
    auto usual = fixture.AskLater({});
    while (fixture.lookups == before) std::this_thread::yield();
    gate.Open();
    CHECK(anew.get()->status == CacheStatus::kMiss);
    CHECK(ScoreOf(usual.get()) == 77);
    CHECK(fixture.vendor->calls == 1);
  }
}

TEST_CASE("no-cache: a replica whose clock is behind pays, and the other one believes it is new") {
  test::OneVendorFixture fixture;
  fixture.clock.Advance(1h);
  test::FakeClock behind;
  AnalysisService here(fixture.tiers, fixture.panel, fixture.nobody, fixture.clock, {},
                       {&fixture.shared, &fixture.notifier});
  REQUIRE(here.Analyze(Asked("a text", {}), Deadline::Never()));
  fixture.clock.Advance(10s);
  test::Gate gate;
  fixture.HoldTheVendor(gate);
  const auto there = std::make_unique<AnalysisService>(
      fixture.tiers, fixture.panel, fixture.nobody, behind, analysis::AnalysisOptions{},
      analysis::Safeguards{&fixture.shared, &fixture.notifier});
  auto paid = std::async(std::launch::async,
                         [&] { return there->Analyze(Asked("a text", kNew), Deadline::Never()); });
  gate.AwaitArrivals(1);
  auto waited = std::async(std::launch::async,
                           [&] { return here.Analyze(Asked("a text", kNew), Deadline::Never()); });
  while (fixture.shared.asked_for_news == 0) std::this_thread::yield();
  gate.Open();
  CHECK(ScoreOf(paid.get()) == 77);
  const auto other = waited.get();
  CHECK(ScoreOf(other) == 77);
  CHECK(other->status == CacheStatus::kCoalesced);
  CHECK(fixture.vendor->calls == 2);
}

TEST_CASE("max-age: a verdict of that age answers, an older one is replaced") {
  ControlsFixture fixture;
  REQUIRE(fixture.Ask());
  fixture.clock.Advance(60s);
  CHECK(fixture.Ask({.max_age = 60s})->status == CacheStatus::kHit);
  fixture.with_memory.ClearMemory(cache::KeyPattern::All());
  CHECK(fixture.Ask({.max_age = 60s})->status == CacheStatus::kHit);
  CHECK(fixture.vendor->calls == 1);
  fixture.clock.Advance(1s);
  CHECK(fixture.Ask({.max_age = 60s})->status == CacheStatus::kMiss);
  CHECK(fixture.Ask({.max_age = 60s})->status == CacheStatus::kHit);
  CHECK(fixture.vendor->calls == 2);
}

TEST_CASE("no-store: nothing is read and nothing kept, and callers at once share a call") {
  ControlsFixture fixture;
  REQUIRE(fixture.Ask());
  test::Gate gate;
  fixture.HoldTheVendor(gate);
  auto one = fixture.AskLater(kNoTrace);
  gate.AwaitArrivals(1);
  CHECK(fixture.shared.claims == 1);  // the first caller's
  gate.Open();
  const auto passed = one.get();
  REQUIRE(passed);
  CHECK(passed->status == CacheStatus::kBypass);
  CHECK(ScoreOf(passed) == 77);
  CHECK_FALSE(passed->stored);
  CHECK_FALSE(passed->life_known);
  CHECK(ScoreOf(fixture.Ask()) == 80);
  CHECK(fixture.vendor->calls == 2);
}

TEST_CASE("no-store: an unknown content stays unknown") {
  ControlsFixture fixture;
  REQUIRE(fixture.Ask(kNoTrace));
  const auto found = fixture.service.Find(test::TextContent("a text").key, Deadline::Never());
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::kNotCached);
}
