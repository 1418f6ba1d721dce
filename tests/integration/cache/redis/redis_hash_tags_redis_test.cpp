#include <doctest/doctest.h>

#include "integration/cache/redis/redis_fixture.h"
#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/never.h"
#include "vcache/cache/redis/redis_store.h"
#include "vcache/cache/tiers/failover_store.h"
#include "vcache/core/random_id.h"
#include "vcache/core/time_text.h"

// The store as a cluster has it, its sums under hash tags, on one server: order, ids, folds. On a
// cluster it is held to the same suite in redis_cluster_test.cpp.

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;
using test::RedisServer;

namespace {

RedisStoreOptions BySlots() {
  RedisStoreOptions options;
  options.one_slot_scripts = true;
  return options;
}

PutRequest PaidKeep(unsigned number, std::string id = {}) {
  PutRequest request = MakePut(MakeKey(number), 1h);
  request.counters.at(ContentKind::kAnalysis, Counter::kPaidCalls) = 1;
  request.counters.at(ContentKind::kAnalysis, Counter::kSpentMicros) = 10'000;
  request.id = std::move(id);
  return request;
}

PendingWrite WaitingWrite(const PutRequest& request, const KeySpace& keys, WallTime now) {
  Entry entry = *request.entry;
  entry.expires_at = now + request.ttl;
  return {1,
          request.id,
          keys.StoreKey(entry.key),
          EncodeEntry(entry),
          *entry.expires_at,
          request.counters,
          now};
}

Counters TextHits(std::int64_t count) {
  Counters counters;
  counters.at(ContentKind::kText, Counter::kHits) = count;
  return counters;
}

std::string HourOf(WallTime when) {
  return FormatTime(when).substr(0, 13);
}

/// A store on one server, with a prefix.
struct SlotFixture {
  RedisServer server;
  KeySpace keys{{.prefix = "site:"}};
  test::RedisClientFixture world{server.url(), keys, BySlots()};

  std::int64_t PaidCalls() {
    const auto totals = world.store().Read(world.clock().WallNow(), kNever);
    REQUIRE(totals);
    CHECK(totals->all.total(Counter::kSpentMicros) ==
          10'000 * totals->all.total(Counter::kPaidCalls));
    return totals->all.total(Counter::kPaidCalls);
  }
};

/// Carries every `Keep` out and says that it did not: as when the connection breaks right behind.
class ReplyLosingStore final : public SharedStore {
 public:
  explicit ReplyLosingStore(RedisStore& behind) : behind_(behind) {}

  Result<void> Put(const PutRequest& request, Deadline deadline) override {
    REQUIRE(behind_.Put(request, deadline));
    return Error{ErrorCode::kStoreUnavailable, "the connection broke"};
  }
  LookupResult Lookup(const CacheKey& key, Deadline deadline) override {
    return behind_.Lookup(key, deadline);
  }
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> asked,
                                       Deadline deadline) override {
    return behind_.LookupMany(asked, deadline);
  }
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override {
    return behind_.Clear(pattern, mode, deadline);
  }
  bool available() const noexcept override { return behind_.available(); }
  Result<void> Add(const CounterWrite& write, Deadline deadline) override {
    return behind_.Add(write, deadline);
  }
  Result<CounterTotals> Read(WallTime now, Deadline deadline) override {
    return behind_.Read(now, deadline);
  }
  Result<CounterSeries> ReadRange(const CounterRange& range, Deadline deadline) override {
    return behind_.ReadRange(range, deadline);
  }
  Result<void> Deliver(const PendingWrite& write, Deadline deadline) override {
    return behind_.Deliver(write, deadline);
  }
  Result<ClearReport> CountMissing(std::span<const PendingEntry> entries,
                                   Deadline deadline) override {
    return behind_.CountMissing(entries, deadline);
  }
  Result<std::int64_t> CountClears(Deadline deadline) override {
    return behind_.CountClears(deadline);
  }
  Result<std::vector<ClearRecord>> ClearsSince(std::optional<std::int64_t> seen,
                                               std::int64_t clears, Deadline deadline) override {
    return behind_.ClearsSince(seen, clears, deadline);
  }
  Result<std::size_t> PutBack(std::span<const StoredCopy> copies, Deadline deadline) override {
    return behind_.PutBack(copies, deadline);
  }
  Result<void> RaiseTotals(const CounterTotals& at_least, Deadline deadline) override {
    return behind_.RaiseTotals(at_least, deadline);
  }
  void AnnounceLoss(Deadline deadline) override { behind_.AnnounceLoss(deadline); }

 private:
  RedisStore& behind_;
};

}  // namespace

TEST_CASE("RedisStore with scripts of one slot: keeps every promise of a VerdictStore") {
  if (!RedisServer::Available()) return;
  test::RunVerdictStoreConformance([] {
    return std::make_unique<test::RedisUnderTest>(RedisServer::Options(), KeySpace(), BySlots());
  });
}

TEST_CASE("RedisStore with scripts of one slot: an id is counted once, none each time") {
  if (!RedisServer::Available()) return;
  SlotFixture bench;
  for (int i = 0; i < 3; ++i) REQUIRE(bench.world.store().Put(PaidKeep(1, "a"), kNever));
  CHECK(bench.PaidCalls() == 1);
  for (int i = 0; i < 3; ++i) REQUIRE(bench.world.store().Put(PaidKeep(1), kNever));
  CHECK(bench.PaidCalls() == 4);
  const int left = std::stoi(bench.server.Ask({"TTL", "site:{stats}:delivered:a"}));
  CHECK(left > 6 * 86'400);
}

TEST_CASE("RedisStore with scripts of one slot: a write broken off anywhere is counted once") {
  if (!RedisServer::Available()) return;
  SlotFixture bench;
  RedisStore& store = bench.world.store();
  // The verdict was stored, the counters were not.
  const PutRequest first = PaidKeep(1, "first");
  const PendingWrite waits = WaitingWrite(first, bench.keys, bench.world.clock().WallNow());
  bench.server.Ask({"SET", waits.store_key, waits.value, "EX", "100"});
  for (int i = 0; i < 3; ++i) REQUIRE(store.Deliver(waits, kNever));
  CHECK(bench.PaidCalls() == 1);
  // Both were written, and only the reply was lost.
  const PutRequest second = PaidKeep(2, "second");
  REQUIRE(store.Put(second, kNever));
  REQUIRE(store.Deliver(WaitingWrite(second, bench.keys, bench.world.clock().WallNow()), kNever));
  CHECK(bench.PaidCalls() == 2);
  // Nothing was written.
  const PutRequest third = PaidKeep(3, "third");
  REQUIRE(store.Deliver(WaitingWrite(third, bench.keys, bench.world.clock().WallNow()), kNever));
  CHECK(bench.PaidCalls() == 3);
  CHECK(store.Lookup(MakeKey(3), kNever).outcome == LookupOutcome::kHit);
  // A newer verdict stays, and the money is counted all the same.
  PutRequest late = PaidKeep(3, "late");
  late.entry = test::MakeEntry(MakeKey(3), 10);
  REQUIRE(store.Deliver(WaitingWrite(late, bench.keys, bench.world.clock().WallNow()), kNever));
  CHECK(bench.PaidCalls() == 4);
  CHECK(store.Lookup(MakeKey(3), kNever).entry->verdict.ai_score == 87.5);
}

TEST_CASE("RedisStore with scripts of one slot: a verdict is stored though counters are refused") {
  if (!RedisServer::Available()) return;
  SlotFixture bench;
  bench.server.Ask({"SET", "site:{stats}:counters", "theirs"});
  CHECK_FALSE(bench.world.store().Put(PaidKeep(1, "a"), kNever));
  CHECK(bench.world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  bench.server.Ask({"DEL", "site:{stats}:counters"});
  const auto waits = WaitingWrite(PaidKeep(1, "a"), bench.keys, bench.world.clock().WallNow());
  REQUIRE(bench.world.store().Deliver(waits, kNever));
  CHECK(bench.PaidCalls() == 1);
}

TEST_CASE(
    "RedisStore with scripts of one slot: an id is counted once though a fold comes between") {
  if (!RedisServer::Available()) return;
  SlotFixture bench;
  const CounterWrite flush{TextHits(2), bench.world.clock().WallNow(), "flush"};
  REQUIRE(bench.world.store().Add(flush, kNever));  // the first of a process folds
  CHECK(bench.server.Ask({"HGET", "site:{stats}:counters", "text:hits"}) == "2");
  REQUIRE(bench.world.store().Add(flush, kNever));
  CHECK(bench.world.store().Read(flush.when, kNever)->all.total(Counter::kHits) == 2);
  REQUIRE(bench.world.store().Put(PaidKeep(1, "a"), kNever));
  test::RedisClientFixture other(bench.server.url(), bench.keys, BySlots());
  REQUIRE(other.store().Add({TextHits(1), flush.when, RandomId()}, kNever));
  CHECK(bench.server.Ask({"HGET", "site:{stats}:counters", "analysis:paid_calls"}) == "1");
  const auto late = WaitingWrite(PaidKeep(1, "a"), bench.keys, bench.world.clock().WallNow());
  REQUIRE(bench.world.store().Deliver(late, kNever));
  CHECK(bench.PaidCalls() == 1);
}

TEST_CASE("RedisStore with scripts of one slot: a fold brings the counts to their hours and days") {
  if (!RedisServer::Available()) return;
  SlotFixture bench;
  const WallTime now = bench.world.clock().WallNow();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(bench.world.store().Add({TextHits(2), now - 49h, RandomId()}, kNever));
    REQUIRE(bench.world.store().Add({TextHits(1), now - 48h, RandomId()}, kNever));
    REQUIRE(bench.world.store().Add({TextHits(5), now, RandomId()}, kNever));
  }
  test::RedisClientFixture other(bench.server.url(), bench.keys, BySlots());
  REQUIRE(other.store().Add({TextHits(1), now, RandomId()}, kNever));
  const std::string old_hour = "site:{stats}:hour:" + HourOf(now - 49h);
  CHECK(bench.server.Ask({"HGET", old_hour, "text:hits"}) == "6");
  CHECK(bench.server.Ask({"HGET", "site:{stats}:hour:" + HourOf(now - 48h), "text:hits"}) == "3");
  CHECK(bench.server.Ask({"HGET", "site:{stats}:hour:" + HourOf(now), "text:hits"}) == "16");
  CHECK(std::stoi(bench.server.Ask({"TTL", old_hour})) > 7 * 86'400);
  int by_day = 0;
  for (const auto age : {48h, 49h}) {
    const std::string day = "site:{stats}:day:" + FormatTime(now - age).substr(0, 10);
    if (age == 49h && day.ends_with(FormatTime(now - 48h).substr(0, 10))) continue;
    by_day += std::stoi(bench.server.Ask({"HGET", day, "text:hits"}));
  }
  CHECK(by_day == 9);
  const auto totals = bench.world.store().Read(now, kNever);
  CHECK(totals->all.total(Counter::kHits) == 25);
  CHECK(totals->today.total(Counter::kHits) == 16);
  CHECK(bench.server.Ask({"HKEYS", "site:{stats}:counters"}).find("pending:") == std::string::npos);
}

TEST_CASE("RedisStore with scripts of one slot: folds amid many writers add up") {
  if (!RedisServer::Available()) return;
  SlotFixture bench;
  const WallTime then = bench.world.clock().WallNow() - 30h;
  std::vector<std::thread> writers;
  for (unsigned t = 0; t < 4; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        // A process of its own each time: each begins with a fold.
        test::RedisClientFixture other(bench.server.url(), bench.keys, BySlots());
        for (int k = 0; k < 5; ++k) {
          CHECK(other.store().Add({TextHits(1), then, RandomId()}, kNever));
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  REQUIRE(bench.world.store().Add({TextHits(1), then, RandomId()}, kNever));
  CHECK(bench.server.Ask({"HGET", "site:{stats}:hour:" + HourOf(then), "text:hits"}) == "201");
  CHECK(bench.server.Ask({"HGET", "site:{stats}:day:" + HourOf(then).substr(0, 10), "text:hits"}) ==
        "201");
  CHECK(bench.world.store().Read(then, kNever)->all.total(Counter::kHits) == 201);
}

TEST_CASE("FailoverStore over scripts of one slot: try and delivery are known as one write") {
  if (!RedisServer::Available()) return;
  SlotFixture bench;
  ReplyLosingStore losing(bench.world.store());
  const test::TempDir directory;
  const auto local =
      test::OpenStore(directory.path(), bench.world.clock(), bench.world.logger(), bench.keys);
  FailoverStore store(losing, bench.world.store(), local.get(), bench.world.clock(),
                      bench.world.logger());
  for (unsigned i = 0; i < 3; ++i) REQUIRE(store.Put(PaidKeep(i), kNever));
  REQUIRE(store.Put(PaidKeep(0), kNever));  // paid for anew: another write
  CHECK(bench.PaidCalls() == 4);
  CHECK(store.pending() == 4);
  CHECK(store.DeliverNow());
  CHECK(store.pending() == 0);
  CHECK(bench.PaidCalls() == 4);
}
