#include "vcache/metrics/alert_watch.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/recording_logger.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

using namespace vcache;  // NOLINT: a test
using namespace std::chrono_literals;
using metrics::AlertChange;
using metrics::AlertCode;

namespace {

using Names = std::vector<std::string>;

const cache::CacheKey kContent{cache::ContentKind::kText,
                               content::DigestOf(AsBytes(std::string_view("a text")))};

class Listener final : public metrics::AlertListener {
 public:
  void OnAlert(const AlertChange& change) override { changes.push_back(change); }
  std::vector<AlertChange> changes;
};

/// The steady clock of `FakeClock`, and a wall clock that a test may set.
class SetClock final : public Clock {
 public:
  SteadyTime Now() const override { return steady.Now(); }
  WallTime WallNow() const override { return steady.WallNow() + ahead; }
  bool WaitUntil(ConditionVariable& condition, MutexLock& lock, SteadyTime until) override {
    return steady.WaitUntil(condition, lock, until);
  }
  test::FakeClock steady;
  std::chrono::seconds ahead{0};
};

struct WatchFixture {
  WatchFixture() { readings.store = {.backend = "redis", .is_open = true, .available = true}; }

  /// Rounds of five seconds for so long; the codes that are raised then.
  Names After(std::chrono::seconds time) {
    for (; time > 0s; time -= 5s) {
      clock.steady.Advance(5s);
      watch.Evaluate();
    }
    watch.Evaluate();
    return Raised();
  }
  Names Raised() const {
    Names names;
    for (const metrics::Alert& alert : watch.Active()) {
      names.emplace_back(AlertName(alert.code));
      if (!alert.subject.empty()) names.back() += " " + alert.subject;
    }
    return names;
  }
  std::string Message() const { return watch.Active().at(0).message; }
  void Analyses(int hits, int misses) {
    for (int i = 0; i < hits; ++i) watch.OnHit(kContent, {}, cache::Tier::kMemory, Usd());
    for (int i = 0; i < misses; ++i) watch.OnMiss(kContent, {}, {});
  }
  void SetBudget(std::int64_t sum_micros, bool refused = false) {
    readings.budget.limits = {
        {"", false, Usd::FromMicros(1'000'000), Usd::FromMicros(sum_micros), refused}};
  }

  metrics::WatchReadings readings;
  SetClock clock;
  test::RecordingLogger logger;
  Listener listener;
  metrics::AlertWatch watch{[this] { return readings; }, clock, logger, &listener};
};

bool Tells(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("AlertWatch: each alert has a name of its own, for labels and tables") {
  std::set<std::string_view> names;
  for (std::size_t code = 0; code < metrics::kAlertCount; ++code) {
    names.insert(AlertName(static_cast<AlertCode>(code)));
  }
  CHECK(names.size() == metrics::kAlertCount);
}

TEST_CASE(
    "AlertWatch: a store that is away is told after ten seconds, once, and so is its return") {
  WatchFixture world;
  CHECK(world.After(60s).empty());
  world.readings.store.available = false;
  CHECK(world.After(5s).empty());
  CHECK(world.After(15s) == Names{"store_away"});
  CHECK(Tells(world.Message(), "The store (redis) does not serve"));
  CHECK(world.After(600s) == Names{"store_away"});
  CHECK(world.logger.Count(LogLevel::kWarn) == 1);

  world.readings.store.available = true;
  CHECK(world.After(10s) == Names{"store_away"});
  world.readings.store.available = false;  // it was not over
  world.After(60s);
  world.readings.store.available = true;
  CHECK(world.After(25s).empty());
  CHECK(world.logger.Count(LogLevel::kWarn) == 1);
  CHECK(world.logger.Count(LogLevel::kInfo) == 1);
  REQUIRE(world.listener.changes.size() == 2);
  CHECK(world.listener.changes[0].is_raised);
  CHECK_FALSE(world.listener.changes[1].is_raised);
  CHECK(world.listener.changes[1].when > world.listener.changes[1].alert.since);
}

TEST_CASE("AlertWatch: a store that blinks is no alert") {
  WatchFixture world;
  for (int i = 0; i < 20; ++i) {
    world.readings.store.available = i % 2 == 0;
    world.After(5s);
  }
  CHECK(world.listener.changes.empty());
}

TEST_CASE("AlertWatch: the hit rate counts from 100 analyses on, and does not flap at the edge") {
  WatchFixture world;
  world.Analyses(0, 99);
  CHECK(world.After(5s).empty());
  world.Analyses(0, 1);
  CHECK(world.After(5s) == Names{"hit_rate_low"});
  CHECK(Tells(world.Message(), "0 % of the last hour's 100 analyses"));
  world.Analyses(110, 0);  // 52 %
  CHECK(world.After(5s) == Names{"hit_rate_low"});
  world.Analyses(20, 0);  // 57 %
  CHECK(world.After(5s).empty());
  world.Analyses(0, 10);  // 54 %
  CHECK(world.After(5s).empty());
  CHECK(world.listener.changes.size() == 2);
}

TEST_CASE("AlertWatch: without any cache there is no hit rate") {
  WatchFixture world;
  world.readings.store = {.backend = "none"};
  world.Analyses(0, 200);
  CHECK(world.After(60s).empty());
  world.readings.store.has_memory = true;
  CHECK(world.After(5s) == Names{"hit_rate_low"});
}

TEST_CASE("AlertWatch: a hit rate is that of the last hour") {
  WatchFixture world;
  world.Analyses(1'000, 0);
  CHECK(world.After(3'700s).empty());
  world.Analyses(0, 120);
  CHECK(world.After(5s) == Names{"hit_rate_low"});
  CHECK(world.After(3'700s).empty());  // an hour without any
}

TEST_CASE("AlertWatch: more than ten errors of the cache in five minutes, of whatever kind") {
  WatchFixture world;
  cache::LookupResult unavailable;
  unavailable.outcome = cache::LookupOutcome::kUnavailable;
  for (int i = 0; i < 4; ++i) world.watch.OnMiss(kContent, {}, unavailable);
  for (int i = 0; i < 4; ++i) world.watch.OnCorrupt(kContent, "broken");
  for (int i = 0; i < 2; ++i) world.watch.OnNotStored(kContent, Error{});
  CHECK(world.After(5s).empty());
  world.watch.OnCorrupt(kContent, "broken");
  CHECK(world.After(5s) == Names{"cache_errors"});
  CHECK(world.After(280s) == Names{"cache_errors"});
  CHECK(world.After(60s).empty());

  world.readings.store.available = false;  // which is an alert of its own
  for (int i = 0; i < 50; ++i) world.watch.OnMiss(kContent, {}, unavailable);
  CHECK(world.After(60s) == Names{"store_away"});
}

TEST_CASE("AlertWatch: writes that wait are worth a word when they do not fall for a minute") {
  WatchFixture world;
  std::uint64_t& pending = world.readings.store.pending_writes;
  for (pending = 100; pending > 10; pending -= 10) CHECK(world.After(30s).empty());
  for (int i = 0; i < 12; ++i) {
    ++pending;
    CHECK(world.After(5s).empty());
  }
  ++pending;
  CHECK(world.After(5s) == Names{"writes_waiting"});
  pending = 5;
  CHECK(world.After(5s) == Names{"writes_waiting"});
  pending = 0;
  CHECK(world.After(5s).empty());
}

TEST_CASE("AlertWatch: each vendor that is away has its own alert") {
  WatchFixture world;
  world.readings.vendors_away = {"hive"};
  world.After(5s);
  world.readings.vendors_away = {"hive", "sapling"};
  CHECK(world.After(5s) == Names{"vendor_away hive", "vendor_away sapling"});
  world.readings.vendors_away = {"sapling"};
  CHECK(world.After(20s) == Names{"vendor_away hive", "vendor_away sapling"});
  CHECK(world.After(15s) == Names{"vendor_away sapling"});
}

TEST_CASE("AlertWatch: refused credentials stay refused until the next start") {
  WatchFixture world;
  world.watch.NoteRefusedCredentials("hive", "Hive refuses HIVE_API_KEY.");
  CHECK(world.After(3'600s) == Names{"credentials_refused hive"});
  CHECK(Tells(world.Message(), "HIVE_API_KEY"));
  CHECK(world.watch.Active()[0].severity == metrics::AlertSeverity::kCritical);
}

TEST_CASE("AlertWatch: a budget at 80 %, at 100 %, refused, and the next day") {
  WatchFixture world;
  world.SetBudget(799'999);
  CHECK(world.After(5s).empty());
  world.SetBudget(800'000);
  CHECK(world.After(5s) == Names{"budget_nearly_spent all:day"});
  CHECK(Tells(world.Message(), "0.8 of 1 USD of this day's budget"));
  world.SetBudget(760'000);  // a call was cheaper than reserved
  CHECK(world.After(5s) == Names{"budget_nearly_spent all:day"});
  world.SetBudget(990'000, /*refused=*/true);  // the next call does not fit
  CHECK(world.After(5s) == Names{"budget_nearly_spent all:day", "budget_spent all:day"});
  world.SetBudget(1'000'000);
  CHECK(world.After(5s) == Names{"budget_nearly_spent all:day", "budget_spent all:day"});
  world.SetBudget(0);
  CHECK(world.After(5s).empty());
}

TEST_CASE("AlertWatch: charges that nobody knows, and those above the price, hold for an hour") {
  WatchFixture world;
  cache::Counters counters;
  counters.at(cache::ContentKind::kText, cache::Counter::kPaidCalls) = 3;
  world.watch.OnPaid(kContent, counters, false);
  CHECK(world.After(5s).empty());
  counters.at(cache::ContentKind::kText, cache::Counter::kUnknownCharges) = 2;
  world.watch.OnPaid(kContent, counters, false);
  world.readings.budget.overcharges = {
      {"hive", Usd::FromMicros(10'000), Usd::FromMicros(25'000), world.clock.WallNow()}};
  CHECK(world.After(5s) == Names{"unknown_charges", "vendor_overcharged hive"});
  CHECK(Tells(world.Message(), "Of 2 calls"));
  CHECK(
      Tells(world.watch.Active()[1].message, "charged 0.025 USD for a call that should cost 0.01"));
  CHECK(world.After(3'580s).size() == 2);
  CHECK(world.After(30s).empty());
}

TEST_CASE("AlertWatch: the local store and its disk") {
  WatchFixture world;
  world.readings.local_store_serves = true;
  world.readings.disk = {200ULL << 20U, 1'000ULL << 20U};
  CHECK(world.After(60s).empty());
  world.readings.local_store_serves = false;
  world.readings.disk->free_bytes = 99ULL << 20U;
  CHECK(world.After(30s) == Names{"local_store_off", "disk_filling"});
  world.readings.local_store_serves = true;
  world.readings.disk->free_bytes = 140ULL << 20U;
  CHECK(world.After(120s) == Names{"disk_filling"});
  world.readings.disk->free_bytes = 160ULL << 20U;
  CHECK(world.After(120s).empty());
  world.readings.disk = {2ULL << 30U, 4'000ULL << 30U};  // 2 GiB are enough anywhere
  CHECK(world.After(120s).empty());
}

TEST_CASE("AlertWatch: a clock that jumps is told for the hour in which it is not believed") {
  WatchFixture world;
  world.clock.ahead = 240s;
  CHECK(world.After(60s).empty());
  world.clock.ahead = 86'400s;
  CHECK(world.After(5s) == Names{"clock_jumped"});
  CHECK(world.After(3'500s) == Names{"clock_jumped"});
  CHECK(world.After(120s).empty());
}

TEST_CASE("AlertWatch: its thread evaluates every five seconds") {
  WatchFixture world;
  world.readings.vendors_away = {"hive"};
  world.watch.Start();
  world.clock.steady.AwaitWaiters(1);
  CHECK(world.Raised().empty());
  world.clock.steady.Advance(5s);
  while (world.Raised().empty()) world.clock.steady.AwaitWaiters(1);
  world.watch.Stop();
  CHECK(world.listener.changes.size() == 1);
}
