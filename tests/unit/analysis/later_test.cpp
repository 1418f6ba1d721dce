// Callers of the service that wait without a thread.
#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/gate.h"
#include "unit/analysis/shared_store_fixture.h"
#include "vcache/analysis/analysis_service.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::Analysis;
using analysis::AnalysisService;
using analysis::CacheStatus;

namespace {

/// What a caller is told, once.
class Answer {
 public:
  AnalysisService::Done Done() {
    return [this](Result<Analysis> result) {
      ++told;
      promise_.set_value(std::move(result));
    };
  }
  Result<Analysis> Await() { return promise_.get_future().get(); }

  std::atomic<int> told{0};

 private:
  std::promise<Result<Analysis>> promise_;
};

/// One replica with a vendor that answers when `gate` opens.
struct LaterFixture : test::OneVendorFixture {
  explicit LaterFixture(analysis::AnalysisOptions options = {})
      : service(with_memory, panel, nobody, clock, options, {&shared, &notifier}) {
    HoldTheVendor(gate);
  }
  ~LaterFixture() { gate.Open(); }

  AnalysisService::Leave Ask(std::string_view text, Answer& answer,
                             Deadline deadline = Deadline::Never()) {
    return service.AnalyzeLater(test::TextContent(text), deadline, answer.Done());
  }

  test::Gate gate;
  cache::MemoryStore memory{{.max_ttl = 300s}, clock};
  cache::TieredStore with_memory{&memory, &shared};
  AnalysisService service;
};

std::size_t Threads() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("AnalyzeLater: thousands wait for one paid call without a thread each") {
  LaterFixture fixture;
  constexpr std::size_t kMany = 5'000;
  const std::size_t before = Threads();
  std::vector<Answer> answers(kMany);
  for (Answer& answer : answers) fixture.Ask("viral", answer);
  fixture.gate.AwaitArrivals(1);
  CHECK(Threads() < before + 8);
  fixture.gate.Open();
  std::size_t misses = 0;
  for (Answer& answer : answers) {
    const auto result = answer.Await();
    REQUIRE(result);
    CHECK(result->entry->verdict.ai_score == 77);
    if (result->status == CacheStatus::kMiss) ++misses;
    CHECK(result->status != CacheStatus::kHit);
  }
  CHECK(misses == 1);
  CHECK(fixture.vendor->calls == 1);
}

TEST_CASE("AnalyzeLater: what memory has is told before it returns") {
  LaterFixture fixture;
  fixture.gate.Open();
  Answer first;
  fixture.Ask("known", first);
  REQUIRE(first.Await());
  Answer again;
  fixture.Ask("known", again);
  CHECK(again.told == 1);
  CHECK(again.Await()->status == CacheStatus::kHit);
}

TEST_CASE("AnalyzeLater: a client that leaves is told off once; its call goes on for the others") {
  LaterFixture fixture({.max_waiters = 1});
  Answer leader;
  Answer follower;
  const auto leave = fixture.Ask("left", leader);
  fixture.gate.AwaitArrivals(1);
  const auto follower_leaves = fixture.Ask("left", follower);
  leave();
  leave();
  CHECK(leader.told == 1);
  CHECK(leader.Await().error().code == ErrorCode::kClientGone);
  follower_leaves();
  Answer next;  // has the place of the one that left
  fixture.Ask("left", next);
  fixture.gate.Open();
  const auto result = next.Await();
  REQUIRE(result);
  CHECK(result->status == CacheStatus::kCoalesced);
  leave();
  CHECK(leader.told == 1);
  CHECK(fixture.vendor->calls == 1);
}

TEST_CASE("AnalyzeLater: who waits for somebody else's call is told when to ask again") {
  LaterFixture fixture({.longest_wait = 30s});
  Answer leader;
  Answer follower;
  fixture.Ask("long", leader);
  fixture.gate.AwaitArrivals(1);
  fixture.Ask("long", follower);
  fixture.clock.Advance(29s);
  CHECK(follower.told == 0);
  fixture.clock.Advance(1s);
  const auto waited = follower.Await();
  CHECK(waited.error().code == ErrorCode::kOverloaded);
  CHECK(waited.error().retry_after == 5s);
  CHECK(leader.told == 0);  // its own call: it waits on
  fixture.gate.Open();
  CHECK(leader.Await());
}

TEST_CASE("AnalyzeLater: each caller has its own deadline") {
  LaterFixture fixture;
  Answer leader;
  Answer hasty;
  Answer patient;
  fixture.Ask("timed", leader, Deadline::After(fixture.clock, 10s));
  fixture.gate.AwaitArrivals(1);
  fixture.Ask("timed", patient, Deadline::After(fixture.clock, 20s));
  fixture.Ask("timed", hasty, Deadline::After(fixture.clock, 5s));
  fixture.clock.Advance(5s);
  CHECK(hasty.Await().error().code == ErrorCode::kOverloaded);
  fixture.clock.Advance(5s);
  CHECK(leader.Await().error().code == ErrorCode::kDeadlineExceeded);
  CHECK(patient.told == 0);
  fixture.gate.Open();
  CHECK(patient.Await());
}

TEST_CASE("AnalyzeLater: a stop cuts waits off at its deadline; the call runs on") {
  LaterFixture fixture;
  Answer leader;
  fixture.Ask("stopping", leader);
  fixture.gate.AwaitArrivals(1);
  fixture.service.StopBy(Deadline::After(fixture.clock, 2s));
  Answer refused;
  fixture.Ask("another", refused);
  CHECK(refused.Await().error().code == ErrorCode::kShuttingDown);
  CHECK(leader.told == 0);
  fixture.clock.Advance(2s);
  CHECK(leader.Await().error().code == ErrorCode::kShuttingDown);
  fixture.gate.Open();
  CHECK(fixture.service.Drain(Deadline::Never()));
  Answer known;
  fixture.Ask("stopping", known);
  CHECK(known.Await()->status == CacheStatus::kHit);
}

TEST_CASE("AnalyzeLater: without a place to wait, known content is answered and other refused") {
  LaterFixture fixture({.max_waiters = 1});
  test::Gate looking;
  std::atomic<int> looks{0};
  auto entry = std::make_shared<cache::Entry>();
  entry->key = test::TextContent("known").key;
  entry->verdict.ai_score = 12;
  REQUIRE(fixture.verdicts.Put({.entry = entry, .ttl = 600s, .counters = {}}, Deadline::Never()));
  fixture.shared.before_lookup = [&] {
    if (++looks == 1) looking.Pass();
  };
  Answer leader;
  Answer follower;
  Answer beyond;
  fixture.Ask("known", leader);
  looking.AwaitArrivals(1);
  fixture.Ask("known", follower);
  fixture.Ask("known", beyond);
  CHECK(beyond.Await()->status == CacheStatus::kHit);
  CHECK(follower.told == 0);
  looking.Open();
  CHECK(leader.Await());
  CHECK(follower.Await());

  Answer paying;
  Answer second;
  Answer third;
  fixture.Ask("new", paying);
  fixture.gate.AwaitArrivals(1);
  fixture.Ask("new", second);
  fixture.Ask("new", third);
  CHECK(third.Await().error().code == ErrorCode::kOverloaded);
  fixture.gate.Open();
  CHECK(paying.Await());
  CHECK(second.Await());
}

TEST_CASE("FindLater: memory at once, the store on another thread, and what nobody knows") {
  LaterFixture fixture;
  fixture.gate.Open();
  const cache::CacheKey key = test::TextContent("found").key;
  Answer unknown;
  fixture.service.FindLater(key, Deadline::Never(), unknown.Done());
  CHECK(unknown.Await().error().code == ErrorCode::kNotCached);
  Answer paid;
  fixture.Ask("found", paid);
  REQUIRE(paid.Await());
  Answer known;
  fixture.service.FindLater(key, Deadline::Never(), known.Done());
  CHECK(known.told == 1);
  CHECK(known.Await()->status == CacheStatus::kHit);
}
