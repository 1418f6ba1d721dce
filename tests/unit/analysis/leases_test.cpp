// Several services on one shared store: what keeps replicas from paying for the same content.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "support/gate.h"
#include "support/gated_detector.h"
#include "unit/analysis/shared_store_fixture.h"
#include "vcache/analysis/analysis_service.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::Analysis;
using analysis::AnalysisService;
using analysis::CacheStatus;

namespace {

analysis::Content TextOf(std::string_view text) {
  return test::TextContent(text);
}

/// Two replicas, one vendor, one shared store.
struct ReplicaFixture : test::OneVendorFixture {
  /// The clock of a test may outrun its threads: by default a visitor's patience is no concern.
  explicit ReplicaFixture(analysis::AnalysisOptions options = {
                              .call_timeout = 20s, .lease_life = 21s, .longest_wait = 3'600s}) {
    for (auto& replica : replicas) {
      replica = std::make_unique<AnalysisService>(tiers, panel, nobody, clock, options,
                                                  analysis::Safeguards{&shared, &notifier});
    }
  }
  Result<Analysis> Ask(std::size_t replica, std::string_view text) {
    return replicas.at(replica)->Analyze(TextOf(text), Deadline::Never());
  }

  std::array<std::unique_ptr<AnalysisService>, 2> replicas;
};

/// A process that is stopped between claim and call, as by a machine that sleeps.
class HoldUp final : public cache::CallJournal {
 public:
  explicit HoldUp(std::function<void()> meanwhile) : meanwhile_(std::move(meanwhile)) {}

  Result<void> Begin(const cache::CacheKey&, const cache::CallNote&, Deadline) override {
    meanwhile_();
    return {};
  }
  Result<void> End(const std::string&, Deadline) override { return {}; }
  Result<std::vector<cache::CallNote>> TakeUnfinished(Deadline) override {
    return std::vector<cache::CallNote>{};
  }

 private:
  const std::function<void()> meanwhile_;
};

}  // namespace

TEST_CASE("Leases: a second replica waits for the first one's call and gets its verdict") {
  ReplicaFixture bench;
  test::Gate gate;
  bench.HoldTheVendor(gate);
  std::thread first([&] { CHECK(bench.Ask(0, "viral")->status == CacheStatus::kMiss); });
  gate.AwaitArrivals(1);
  std::thread second([&] {
    const auto answer = bench.Ask(1, "viral");
    REQUIRE(answer);
    CHECK(answer->status == CacheStatus::kCoalesced);
    CHECK(answer->entry->verdict.ai_score == 77);
    CHECK(answer->saved.micros() == 10'000);
  });
  while (bench.shared.asked_for_news == 0) std::this_thread::yield();
  gate.Open();
  first.join();
  second.join();  // woken by the announcement: the clock stood still
  CHECK(bench.vendor->calls == 1);
  CHECK_FALSE(bench.shared.Held(TextOf("viral").key));
}

TEST_CASE("Leases: an announcement that gets lost delays, and loses nothing") {
  ReplicaFixture bench;
  bench.shared.announce = [](const cache::CacheKey&) {};
  test::Gate gate;
  bench.HoldTheVendor(gate);
  std::thread first([&] { CHECK(bench.Ask(0, "viral")); });
  gate.AwaitArrivals(1);
  std::atomic<bool> answered{false};
  std::thread second([&] {
    CHECK(bench.Ask(1, "viral")->status == CacheStatus::kCoalesced);
    answered = true;
  });
  while (bench.shared.asked_for_news == 0) std::this_thread::yield();
  gate.Open();
  first.join();
  while (!answered) {
    bench.clock.Advance(100ms);
    std::this_thread::yield();
  }
  second.join();
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("Leases: when an owner dies, one of those who wait pays, after the lease's end") {
  ReplicaFixture bench({.call_timeout = 3'600s, .lease_life = 21s, .longest_wait = 3'600s});
  bench.shared.Give(TextOf("orphan").key, "a replica that is dead", 21s);
  const SteadyTime begun = bench.clock.Now();
  std::atomic<bool> taken_over{false};
  bench.shared.granted = [&] { taken_over = true; };
  std::atomic<int> answered{0}, paid{0};
  std::vector<std::thread> crowd;
  for (std::size_t i = 0; i < 6; ++i) {
    crowd.emplace_back([&, i] {
      const auto answer = bench.Ask(i % 2, "orphan");
      if (answer && answer->status == CacheStatus::kMiss) ++paid;
      ++answered;
    });
  }
  while (bench.shared.asked_for_news < 2) std::this_thread::yield();
  CHECK(bench.vendor->calls == 0);
  while (answered < 6) {
    // No time passes while one of them pays: its lease would be over before a slow machine has run
    // its call, and the next one would rightly take over again. Nor before those who wait have
    // looked at the clock: they would give up before they know that the lease is over.
    const bool is_paying = taken_over && bench.shared.Held(TextOf("orphan").key);
    if (!is_paying) bench.clock.Advance(500ms);
    const std::uint64_t looks = bench.clock.looks();
    while (bench.clock.looks() < looks + 8 && answered < 6 && !taken_over) {
      std::this_thread::yield();
    }
    std::this_thread::yield();
  }
  for (auto& thread : crowd) thread.join();
  CHECK(bench.clock.Now() - begun >= 20s);
  CHECK(paid == 1);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("Leases: an owner that is held up until its lease is over does not pay") {
  ReplicaFixture bench;
  bench.vendor->clock = &bench.clock;
  HoldUp journal([&] {
    bench.clock.Advance(21s);
    CHECK(bench.Ask(1, "sleeper")->status == CacheStatus::kMiss);
  });
  AnalysisService sleeper(bench.tiers, bench.panel, bench.nobody, bench.clock,
                          {.call_timeout = 20s, .lease_life = 21s},
                          {&bench.shared, &bench.notifier, nullptr, &journal});
  const auto answer = sleeper.Analyze(TextOf("sleeper"), Deadline::Never());
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kOverloaded);
  CHECK(bench.vendor->calls == 1);
  CHECK(sleeper.Analyze(TextOf("sleeper"), Deadline::Never())->status == CacheStatus::kHit);
}

TEST_CASE("Leases: a verdict that arrives between the look-up and the claim is not paid for") {
  ReplicaFixture bench;
  bench.shared.amid_claim = [&] {
    auto entry = std::make_shared<cache::Entry>();
    entry->key = TextOf("raced").key;
    entry->verdict.ai_score = 12;
    REQUIRE(bench.verdicts.Put({.entry = entry, .ttl = 60s, .counters = {}}, Deadline::Never()));
  };
  const auto answer = bench.Ask(0, "raced");
  REQUIRE(answer);
  CHECK(answer->status == CacheStatus::kHit);
  CHECK(bench.vendor->calls == 0);
  CHECK_FALSE(bench.shared.Held(TextOf("raced").key));
}

TEST_CASE(
    "Leases: a failure is told to all replicas at once, and is paid for again after a pause") {
  ReplicaFixture bench;
  bench.vendor->answer = [](const auto&) -> Result<detection::Detection> {
    return Error{ErrorCode::kVendorInvalidAnswer, "nonsense", Charge::kCharged};
  };
  CHECK(bench.Ask(0, "bad").error().retry_after == 1s);
  for (const std::size_t replica : {0U, 1U}) {
    const auto told = bench.Ask(replica, "bad");
    REQUIRE_FALSE(told);
    CHECK(told.error().code == ErrorCode::kVendorInvalidAnswer);
    CHECK(told.error().retry_after == 1s);
  }
  CHECK(bench.vendor->calls == 1);
  bench.clock.Advance(1s);
  CHECK(bench.Ask(0, "bad").error().retry_after == 2s);
  bench.clock.Advance(2s);
  bench.vendor->answer = [&](const auto&) { return bench.vendor->Verdict(5); };
  CHECK(bench.Ask(1, "bad")->status == CacheStatus::kMiss);
  CHECK(bench.Ask(0, "bad")->status == CacheStatus::kHit);
  CHECK(bench.vendor->calls == 3);
}

TEST_CASE("Leases: a long Retry-After of a vendor blocks no replica beyond the longest pause") {
  ReplicaFixture bench;
  bench.vendor->answer = [](const auto&) -> Result<detection::Detection> {
    return Error{ErrorCode::kVendorUnavailable, "quota", Charge::kNone, 600s};
  };
  CHECK(bench.Ask(0, "later").error().retry_after == 600s);
  CHECK(bench.Ask(1, "later").error().retry_after == 30s);
  bench.vendor->answer = [&](const auto&) { return bench.vendor->Verdict(5); };
  bench.clock.Advance(30s);
  CHECK(bench.Ask(1, "later")->status == CacheStatus::kMiss);
  CHECK(bench.vendor->calls == 2);
}

TEST_CASE("Leases: a store that gives none, or is away, keeps nobody from paying") {
  ReplicaFixture bench;
  bench.shared.read_only = true;
  CHECK(bench.Ask(0, "full")->status == CacheStatus::kMiss);
  bench.shared.read_only = false;
  bench.shared.unavailable = true;
  CHECK(bench.Ask(0, "away")->status == CacheStatus::kMiss);
}

TEST_CASE("Leases: waiting for other replicas has an end, with a word when to ask again") {
  ReplicaFixture bench;
  bench.shared.Give(TextOf("stuck").key, "a replica", 20s);
  std::atomic<bool> answered{false};
  std::thread waiting([&] {
    const auto answer = bench.Ask(0, "stuck");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::kOverloaded);
    CHECK(answer.error().retry_after == 5s);
    answered = true;
  });
  for (int i = 0; !answered; ++i) {
    bench.shared.Give(TextOf("stuck").key, "replica " + std::to_string(i), 20s);  // always another
    bench.clock.Advance(1s);
    std::this_thread::yield();
  }
  waiting.join();
  CHECK(bench.vendor->calls == 0);
}

TEST_CASE("Leases: a stop ends the waiting for other replicas") {
  ReplicaFixture bench;
  bench.shared.Give(TextOf("theirs").key, "another replica", 20s);
  std::thread waiting([&] {
    const auto answer = bench.Ask(0, "theirs");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::kShuttingDown);
  });
  while (bench.shared.asked_for_news == 0) std::this_thread::yield();
  CHECK(bench.replicas[0]->Drain(Deadline::Never()));
  waiting.join();
  CHECK(bench.vendor->calls == 0);
}

TEST_CASE("Leases: a store that falls silent for a moment costs no paid call") {
  ReplicaFixture bench;
  CHECK(bench.Ask(0, "known")->status == CacheStatus::kMiss);
  bench.shared.unavailable = true;
  bench.shared.fell_silent = bench.clock.Now();
  std::thread visitor([&] { CHECK(bench.Ask(1, "known")->status == CacheStatus::kHit); });
  bench.clock.AwaitWaiters(2);   // the visitor, and the flight that waits for the store
  bench.clock.Advance(2'400ms);  // once: the flight counts its looks, as after a freeze
  bench.shared.unavailable = false;
  while (bench.shared.claims < 2) {
    bench.clock.Advance(20ms);
    std::this_thread::yield();
  }
  visitor.join();
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("Leases: a store that stays silent is believed to be away, once for all") {
  ReplicaFixture bench;
  bench.shared.unavailable = true;
  bench.shared.fell_silent = bench.clock.Now();
  std::atomic<bool> answered{false};
  std::thread visitor([&] {
    CHECK(bench.Ask(0, "first")->status == CacheStatus::kMiss);
    answered = true;
  });
  bench.clock.AwaitWaiters(2);
  CHECK(bench.vendor->calls == 0);
  while (!answered) {
    bench.clock.Advance(20ms);
    std::this_thread::yield();
  }
  visitor.join();
  CHECK(bench.vendor->calls == 1);
  CHECK(bench.Ask(1, "second")->status == CacheStatus::kMiss);  // at once: the clock stands still
}

TEST_CASE("Leases: the silence of the store does not end another replica's call") {
  ReplicaFixture bench({.call_timeout = 20s, .lease_life = 21s, .outage_calls_per_minute = 1});
  const auto key = TextOf("theirs").key;
  bench.shared.Give(key, "another replica", 21s);
  bench.shared.fell_silent = bench.clock.Now() - 10s;  // an outage, when it begins
  const SteadyTime begun = bench.clock.Now();
  std::atomic<bool> answered{false};
  std::thread visitor([&] {
    CHECK(bench.Ask(0, "theirs")->status == CacheStatus::kMiss);
    CHECK(bench.clock.Now() - begun >= 20s);
    answered = true;
  });
  while (bench.shared.asked_for_news == 0) std::this_thread::yield();
  bench.shared.unavailable = true;
  const auto asked = [&] { return bench.shared.claims + bench.shared.asked_for_news; };
  while (!answered) {  // step by step, so that the clock does not outrun the flight
    if (bench.clock.waiters() < 2) continue;  // the visitor, and the flight between two claims
    const int before = asked();
    bench.clock.Advance(2s);
    while (!answered && asked() == before) std::this_thread::yield();
  }
  visitor.join();
  CHECK(bench.vendor->calls == 1);
  CHECK(bench.Ask(0, "b").error().code == ErrorCode::kOverloaded);  // it was an outage's call
}

TEST_CASE("Leases: a claim whose reply is lost is asked for again, and found to be granted") {
  ReplicaFixture bench;
  bench.shared.lost_replies = 1;
  CHECK(bench.Ask(0, "lost")->status == CacheStatus::kMiss);
  CHECK(bench.shared.claims == 2);
  CHECK(bench.vendor->calls == 1);
  CHECK_FALSE(bench.shared.Held(TextOf("lost").key));
}

TEST_CASE("Leases: the own lease that a damaged reply shows as another's is found again") {
  ReplicaFixture bench;
  bench.shared.damaged_tokens = 1;
  std::thread visitor([&] { CHECK(bench.Ask(0, "damaged")->status == CacheStatus::kMiss); });
  bench.clock.AwaitWaiters(2);  // the visitor, and the flight that waits for itself
  bench.clock.Advance(300ms);
  visitor.join();
  CHECK(bench.vendor->calls == 1);
  CHECK_FALSE(bench.shared.Held(TextOf("damaged").key));
}

TEST_CASE("Leases: an own lease that is found late is not paid under; a new one is") {
  ReplicaFixture bench({.call_timeout = 20s, .lease_life = 21s});
  bench.shared.damaged_tokens = 3;
  std::thread visitor([&] { CHECK(bench.Ask(0, "late")->status == CacheStatus::kMiss); });
  for (int claims = 1; claims <= 3; ++claims) {
    while (bench.shared.claims < claims) std::this_thread::yield();
    bench.clock.AwaitWaiters(2);  // the visitor, and the flight between two claims
    bench.clock.Advance(2s);
  }
  visitor.join();
  CHECK(bench.shared.claims == 5);  // the fourth finds the old lease, the fifth is a new one
  CHECK(bench.vendor->calls == 1);
  CHECK_FALSE(bench.shared.Held(TextOf("late").key));
}

TEST_CASE("Leases: a lease that may have been granted without a reply is ended with the flight") {
  ReplicaFixture bench({.call_timeout = 20s, .lease_life = 21s, .outage_patience = 0ms});
  bench.shared.lost_replies = 1;
  CHECK(bench.Ask(0, "lost")->status == CacheStatus::kMiss);  // in an outage, as far as it knows
  CHECK(bench.shared.claims == 1);
  CHECK_FALSE(bench.shared.Held(TextOf("lost").key));
}

TEST_CASE("AnalysisService: more waiters than allowed are refused") {
  ReplicaFixture bench({.max_waiters = 1});
  test::Gate gate;
  bench.HoldTheVendor(gate);
  std::thread leader([&] { CHECK(bench.Ask(0, "a")); });
  gate.AwaitArrivals(1);
  std::thread follower([&] { CHECK(bench.Ask(0, "a")->status == CacheStatus::kCoalesced); });
  bench.clock.AwaitWaiters(2);
  const auto refused = bench.Ask(0, "a");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kOverloaded);
  CHECK(refused.error().retry_after == 1s);
  gate.Open();
  leader.join();
  follower.join();
}
