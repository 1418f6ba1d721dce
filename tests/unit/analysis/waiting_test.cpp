// Requests that wait for a call hold up nobody else.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/faulty_store.h"
#include "support/gate.h"
#include "unit/analysis/shared_store_fixture.h"
#include "vcache/analysis/analysis_service.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::Analysis;
using analysis::AnalysisService;
using analysis::CacheStatus;

namespace {

/// One replica with a vendor that answers when `gate` opens. Other replicas share the store.
struct WaitingRoom : test::OneVendorFixture {
  explicit WaitingRoom(analysis::AnalysisOptions options = {})
      : service(tiers, panel, nobody, clock, options, {&shared, &notifier}) {
    HoldTheVendor(gate);
  }
  ~WaitingRoom() { gate.Open(); }

  static analysis::Content About(std::string_view text) { return test::TextContent(text); }
  Result<Analysis> Ask(std::string_view text, std::function<bool()> client_gone = {}) {
    return service.Analyze(About(text), Deadline::Never(), std::move(client_gone));
  }
  /// A visitor whose request another thread waits for.
  std::thread Visit(std::string text, Result<Analysis>& answer,
                    std::function<bool()> client_gone = {}) {
    return std::thread([this, text = std::move(text), &answer,
                        client_gone = std::move(client_gone)] { answer = Ask(text, client_gone); });
  }
  void Store(std::string_view text) {
    auto entry = std::make_shared<cache::Entry>();
    entry->key = About(text).key;
    entry->verdict.ai_score = 12;
    REQUIRE(verdicts.Put({.entry = entry, .ttl = 600s, .counters = {}}, Deadline::Never()));
  }
  void GiveToAnotherReplica(std::string_view text, std::chrono::milliseconds life = 190s) {
    shared.Give(About(text).key, "another replica", life);
  }

  test::Gate gate;
  AnalysisService service;
};

Result<Analysis> NoAnswerYet() {
  return Error{ErrorCode::kInternal, "no answer yet"};
}

ErrorCode CodeOf(const Result<Analysis>& answer) {
  REQUIRE_FALSE(answer);
  return answer.error().code;
}

}  // namespace

TEST_CASE("Waiting: for other replicas' calls is no call, and known content is answered") {
  WaitingRoom room;
  room.Store("known");
  constexpr int kMany = 300;  // more than the calls that one replica makes at once
  for (int i = 0; i < kMany; ++i) room.GiveToAnotherReplica(std::to_string(i));
  std::vector<std::thread> crowd;
  for (int i = 0; i < kMany; ++i) {
    crowd.emplace_back([&room, i] { CHECK_FALSE(room.Ask(std::to_string(i))); });
  }
  while (room.shared.asked_for_news < kMany) std::this_thread::yield();
  room.gate.Open();
  const auto known = room.Ask("known");
  const auto fresh = room.Ask("new");
  CHECK((known && known->status == CacheStatus::kHit));
  CHECK((fresh && fresh->status == CacheStatus::kMiss));
  room.clock.Advance(30s);
  for (auto& thread : crowd) thread.join();
}

TEST_CASE(
    "Waiting: calls at the vendor are bounded, and the lease of a refused one is given back") {
  WaitingRoom room({.max_calls = 1});
  Result<Analysis> first = NoAnswerYet();
  std::thread paying = room.Visit("first", first);
  room.gate.AwaitArrivals(1);
  const auto second = room.Ask("second");
  CHECK(CodeOf(second) == ErrorCode::kOverloaded);
  CHECK(second.error().retry_after == 1s);
  CHECK_FALSE(room.shared.Held(WaitingRoom::About("second").key));
  room.gate.Open();
  paying.join();
  CHECK(first);
  CHECK(room.Ask("second"));  // the place is free again
}

TEST_CASE("Waiting: with all places for flights taken, known content is answered") {
  for (const analysis::AnalysisOptions& options :
       {analysis::AnalysisOptions{.max_flights = 1},
        analysis::AnalysisOptions{.max_waiters_in_all = 1}}) {
    WaitingRoom room(options);
    room.Store("known");
    Result<Analysis> first = NoAnswerYet();
    std::thread paying = room.Visit("first", first);
    room.gate.AwaitArrivals(1);
    CHECK(CodeOf(room.Ask("second")) == ErrorCode::kOverloaded);
    const auto known = room.Ask("known");
    CHECK((known && known->status == CacheStatus::kHit));
    room.gate.Open();
    paying.join();
    CHECK(first);
  }
}

TEST_CASE("Waiting: a crowd for a known content needs no place while the leader looks it up") {
  WaitingRoom room({.max_waiters = 1});
  room.Store("known");
  test::Gate looking;
  std::atomic<int> looks{0};
  room.shared.before_lookup = [&] {
    if (++looks == 1) looking.Pass();
  };
  std::array<Result<Analysis>, 3> answers{NoAnswerYet(), NoAnswerYet(), NoAnswerYet()};
  std::thread leader = room.Visit("known", answers[0]);
  looking.AwaitArrivals(1);
  std::thread follower = room.Visit("known", answers[1]);
  room.clock.AwaitWaiters(1);
  answers[2] = room.Ask("known");
  CHECK((answers[2] && answers[2]->status == CacheStatus::kHit));
  looking.Open();
  leader.join();
  follower.join();
  CHECK((answers[0] && answers[1]));
  CHECK(room.vendor->calls == 0);
}

TEST_CASE("Waiting: a visitor whose client leaves frees its place; its call goes on") {
  WaitingRoom room({.max_waiters = 1, .max_waiters_in_all = 2});
  std::atomic<bool> has_left{false};
  const auto leaves = [&] { return has_left.load(); };
  Result<Analysis> first = NoAnswerYet(), second = NoAnswerYet();
  std::thread leader = room.Visit("viral", first, leaves);
  room.gate.AwaitArrivals(1);
  std::thread follower = room.Visit("viral", second, leaves);
  room.clock.AwaitWaiters(2);
  CHECK(CodeOf(room.Ask("viral")) == ErrorCode::kOverloaded);
  has_left = true;
  leader.join();
  follower.join();
  CHECK(CodeOf(first) == ErrorCode::kClientGone);
  CHECK(CodeOf(second) == ErrorCode::kClientGone);

  Result<Analysis> third = NoAnswerYet(), fourth = NoAnswerYet();
  std::thread joining = room.Visit("viral", third);
  std::thread other = room.Visit("another", fourth);
  room.gate.AwaitArrivals(2);
  room.clock.AwaitWaiters(2);
  room.gate.Open();
  joining.join();
  other.join();
  CHECK((third && third->status == CacheStatus::kCoalesced));
  CHECK((fourth && fourth->status == CacheStatus::kMiss));
  CHECK(room.vendor->calls == 2);
}

TEST_CASE("Waiting: many waiters of one content take no place from another content") {
  WaitingRoom room({.max_waiters = 2});
  std::array<Result<Analysis>, 5> answers{NoAnswerYet(), NoAnswerYet(), NoAnswerYet(),
                                          NoAnswerYet(), NoAnswerYet()};
  std::vector<std::thread> crowd;
  for (std::size_t i = 0; i < 3; ++i) crowd.push_back(room.Visit("viral", answers.at(i)));
  room.gate.AwaitArrivals(1);
  room.clock.AwaitWaiters(3);
  CHECK(CodeOf(room.Ask("viral")) == ErrorCode::kOverloaded);
  for (std::size_t i = 3; i < 5; ++i) crowd.push_back(room.Visit("quiet", answers.at(i)));
  room.gate.AwaitArrivals(2);
  room.clock.AwaitWaiters(5);
  room.gate.Open();
  for (auto& thread : crowd) thread.join();
  for (const auto& answer : answers) CHECK(answer);
}

TEST_CASE("Waiting: for somebody else's call ends with 503 and finds the verdict later") {
  WaitingRoom room({.longest_wait = 30s});
  Result<Analysis> first = NoAnswerYet(), second = NoAnswerYet();
  std::thread leader = room.Visit("slow", first);
  room.gate.AwaitArrivals(1);
  std::thread follower = room.Visit("slow", second);
  room.clock.AwaitWaiters(2);
  room.clock.Advance(30s);
  follower.join();
  CHECK(CodeOf(second) == ErrorCode::kOverloaded);
  CHECK(second.error().retry_after == 5s);
  room.gate.Open();
  leader.join();
  CHECK((first && first->status == CacheStatus::kMiss));  // it waited for its own call
  CHECK(room.Ask("slow")->status == CacheStatus::kHit);
}

TEST_CASE("Waiting: for another replica ends with 503; the flight goes on and takes over") {
  WaitingRoom room({.longest_wait = 30s});
  room.gate.Open();
  room.GiveToAnotherReplica("orphan", 60s);
  Result<Analysis> first = NoAnswerYet();
  std::thread visitor = room.Visit("orphan", first);
  while (room.shared.asked_for_news == 0) std::this_thread::yield();
  room.clock.Advance(30s);
  visitor.join();
  CHECK(CodeOf(first) == ErrorCode::kOverloaded);
  CHECK(first.error().retry_after == 5s);
  CHECK(room.vendor->calls == 0);
  room.clock.Advance(30s);  // the lease ends without a verdict
  const auto later = room.Ask("orphan");
  CHECK(later);
  CHECK(room.vendor->calls == 1);
}
