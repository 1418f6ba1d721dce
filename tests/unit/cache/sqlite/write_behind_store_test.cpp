#include "vcache/cache/sqlite/write_behind_store.h"

#include <doctest/doctest.h>

#include <thread>

#include "support/failover_fakes.h"
#include "support/fake_clock.h"
#include "support/fake_leases.h"
#include "support/never.h"
#include "support/recording_logger.h"
#include "support/verdict_store_conformance.h"
#include "vcache/cache/tiers/failover_store.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;

namespace {

PutRequest PaidWrite(unsigned number, double score = 87.5) {
  PutRequest request = test::MakePut(MakeKey(number), 600s, score);
  request.counters.at(ContentKind::kAnalysis, Counter::kPaidCalls) = 1;
  request.id = "id-of-" + std::to_string(number);
  return request;
}

std::int64_t PaidCalls(const Counters& counters) {
  return counters.total(Counter::kPaidCalls);
}

struct WaitingFixture {
  explicit WaitingFixture(WriteBehindOptions options = {})
      : store(MakeWriteBehindStore(disk, KeySpace(), options, clock, logger)) {}

  LookupOutcome Ask(unsigned number) { return store->Lookup(MakeKey(number), kNever).outcome; }
  LookupOutcome AskDisk(unsigned number) { return disk.Lookup(MakeKey(number), kNever).outcome; }

  test::FakeClock clock;
  test::RecordingLogger logger;
  test::FakeLocalStore disk{clock};
  std::unique_ptr<WriteBehindStore> store;
};

/// The memory store behind makes the world's clock the store's.
class WriteBehindUnderTest final : public test::StoreUnderTest {
 public:
  VerdictStore& store() override { return *bench_.store; }
  const Clock& clock() const override { return bench_.clock; }
  void PassTime(std::chrono::seconds time) override { bench_.clock.Advance(time); }
  const KeySpace& keys() const override { return keys_; }

 private:
  WaitingFixture bench_;
  KeySpace keys_;
};

}  // namespace

TEST_CASE("WriteBehindStore: keeps every promise of a VerdictStore") {
  test::RunVerdictStoreConformance([] { return std::make_unique<WriteBehindUnderTest>(); });
}

TEST_CASE("WriteBehindStore: what the disk takes does not wait") {
  WaitingFixture bench;
  CHECK(bench.store->Put(PaidWrite(1), kNever));
  CHECK(bench.AskDisk(1) == LookupOutcome::kHit);
  CHECK(bench.logger.lines().empty());
}

TEST_CASE("WriteBehindStore: what the disk refuses waits, is found, and is written once") {
  WaitingFixture bench;
  bench.disk.refuses_writes = true;
  for (unsigned i = 0; i < 100; ++i) CHECK(bench.store->Put(PaidWrite(i), kNever));
  CHECK(bench.disk.write_attempts == 1);  // nobody else waits for a refusal
  CHECK(bench.Ask(99) == LookupOutcome::kHit);
  CHECK(bench.AskDisk(99) == LookupOutcome::kMiss);
  const std::vector<CacheKey> keys = {MakeKey(3), MakeKey(500)};
  CHECK(bench.store->LookupMany(keys, kNever)[0].outcome == LookupOutcome::kHit);
  CHECK(bench.store->LookupMany(keys, kNever)[1].outcome == LookupOutcome::kMiss);
  CHECK(PaidCalls(bench.store->Read(bench.clock.WallNow(), kNever)->all) == 100);
  CHECK(PaidCalls(bench.store->Read(bench.clock.WallNow(), kNever)->today) == 100);
  const auto days = bench.store->ReadRange({.first = bench.clock.WallNow(), .count = 1}, kNever);
  CHECK(PaidCalls(days->front()) == 100);
  CHECK(bench.store->available());  // a moment's trouble so far
  CHECK_FALSE(bench.store->WriteNow());
  CHECK_FALSE(bench.store->available());
  CHECK_FALSE(bench.store->WriteNow());
  CHECK(bench.logger.Count(LogLevel::kWarn) == 1);

  bench.disk.refuses_writes = false;
  bench.clock.Advance(100s);
  CHECK(bench.store->WriteNow());
  CHECK(bench.store->available());
  CHECK(bench.logger.Count(LogLevel::kInfo) == 1);
  CHECK(PaidCalls(bench.disk.totals) == 100);
  for (unsigned i = 0; i < 100; ++i) REQUIRE(bench.AskDisk(i) == LookupOutcome::kHit);
  CHECK(bench.disk.Lookup(MakeKey(1), kNever).ttl == 500s);
}

TEST_CASE("WriteBehindStore: a newer verdict of the same content waits behind the older one") {
  WaitingFixture bench;
  bench.disk.refuses_writes = true;
  CHECK(bench.store->Put(PaidWrite(1, 10), kNever));
  bench.disk.refuses_writes = false;
  CHECK(bench.store->Put(PaidWrite(1, 20), kNever));
  CHECK(bench.store->Lookup(MakeKey(1), kNever).entry->verdict.ai_score == 20);
  CHECK(bench.store->WriteNow());
  CHECK(bench.disk.Lookup(MakeKey(1), kNever).entry->verdict.ai_score == 20);
}

TEST_CASE("WriteBehindStore: what has expired is not served and not written; its price counts") {
  WaitingFixture bench;
  bench.disk.refuses_writes = true;
  CHECK(bench.store->Put(PaidWrite(1), kNever));
  bench.clock.Advance(600s);
  CHECK(bench.Ask(1) == LookupOutcome::kMiss);
  bench.disk.refuses_writes = false;
  CHECK(bench.store->WriteNow());
  CHECK(bench.AskDisk(1) == LookupOutcome::kMiss);
  CHECK(PaidCalls(bench.disk.totals) == 1);
}

TEST_CASE("WriteBehindStore: a clear counts and removes what waits, and keeps what it cost") {
  WaitingFixture bench;
  CHECK(bench.store->Put(PaidWrite(1), kNever));
  bench.disk.refuses_writes = true;
  CHECK(bench.store->Put(PaidWrite(1), kNever));  // on disk, too
  CHECK(bench.store->Put(PaidWrite(2), kNever));
  bench.disk.refuses_writes = false;
  CHECK(bench.store->Clear(*KeyPattern::Parse("text:*"), ClearMode::kDelete, kNever)->total() == 0);
  CHECK(bench.store->Clear(KeyPattern::All(), ClearMode::kDryRun, kNever)->analysis == 2);
  CHECK(bench.store->Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->analysis == 2);
  CHECK(bench.store->WriteNow());
  CHECK(bench.Ask(1) == LookupOutcome::kMiss);
  CHECK(bench.Ask(2) == LookupOutcome::kMiss);
  CHECK(PaidCalls(bench.disk.totals) == 3);
}

TEST_CASE("WriteBehindStore: a missed clear takes what waits from before it, and keeps its cost") {
  WaitingFixture bench;
  bench.disk.refuses_writes = true;
  REQUIRE(bench.store->PutPending(PaidWrite(1), kNever));
  const ClearRecord clear{KeyPattern::All(), bench.clock.WallNow()};
  bench.clock.Advance(1s);
  REQUIRE(bench.store->PutPending(PaidWrite(2), kNever));
  CHECK(*bench.store->DropCleared({&clear, 1}, kNever) == 1);
  CHECK(bench.Ask(1) == LookupOutcome::kMiss);
  CHECK(bench.Ask(2) == LookupOutcome::kHit);
  CHECK(PaidCalls(bench.store->SumPending(bench.clock.WallNow(), kNever)->all) == 2);
}

TEST_CASE("WriteBehindStore: what waited is as old for a later clear as when it was paid for") {
  WaitingFixture bench;
  const WallTime paid_at = bench.clock.WallNow();
  bench.disk.refuses_writes = true;
  REQUIRE(bench.store->PutPending(PaidWrite(1), kNever));
  bench.clock.Advance(60s);
  CHECK(bench.store->OldestPending(1, kNever)->front().made_at == paid_at);  // from memory
  bench.disk.refuses_writes = false;
  REQUIRE(bench.store->WriteNow());
  CHECK(bench.disk.OldestPending(1, kNever)->front().made_at == paid_at);
}

TEST_CASE("WriteBehindStore: only so much waits; the rest is refused as the disk refuses it") {
  WaitingFixture bench({.max_bytes = 10'000});
  bench.disk.refuses_writes = true;
  unsigned taken = 0;
  while (bench.store->Put(PaidWrite(taken), kNever)) ++taken;
  CHECK(taken == 4);
  CHECK(bench.Ask(taken) == LookupOutcome::kMiss);
  bench.disk.refuses_writes = false;
  CHECK(bench.store->WriteNow());
  CHECK(bench.store->Put(PaidWrite(taken), kNever));
}

TEST_CASE("WriteBehindStore: its thread writes with growing pauses; an end tells what is lost") {
  WaitingFixture bench;
  bench.disk.refuses_writes = true;
  CHECK(bench.store->Put(PaidWrite(1), kNever));
  bench.store->PutCopy(PaidWrite(2));
  bench.store->Start();
  bench.clock.AwaitWaiters(1);
  for (int tenths = 0; tenths < 100; ++tenths) {
    bench.clock.Advance(100ms);
    std::this_thread::yield();
  }
  bench.store->Stop();
  CHECK(bench.disk.write_attempts < 12);  // 100, 200, 400, ... 2,000 ms
  CHECK(bench.logger.Count(LogLevel::kError) == 1);
  CHECK(bench.logger.lines().back().fields.find("verdicts=1") != std::string::npos);
}

TEST_CASE("WriteBehindStore: a copy never waits for the disk") {
  WaitingFixture bench;
  bench.store->PutCopy(PaidWrite(1));
  CHECK(bench.disk.write_attempts == 0);
  CHECK(bench.Ask(1) == LookupOutcome::kHit);
  CHECK(bench.store->WriteNow());
  CHECK(bench.AskDisk(1) == LookupOutcome::kHit);
  CHECK(bench.logger.lines().empty());
}

TEST_CASE("WriteBehindStore: what neither Redis nor the disk takes is delivered from memory") {
  WaitingFixture bench;
  test::FakeSharedStore shared(bench.clock);
  test::FakeLeaseStore leases(shared, bench.clock);
  FailoverStore failover(shared, leases, bench.store.get(), bench.clock, bench.logger);
  const auto paid_calls = [&] { return PaidCalls(shared.totals); };
  shared.away = true;
  CHECK(failover.Put(PaidWrite(1), kNever));
  bench.disk.refuses_writes = true;
  CHECK(failover.Put(PaidWrite(2), kNever));
  CHECK(failover.Put(PaidWrite(3), kNever));
  CHECK(failover.pending() == 3);
  CHECK(*bench.store->CountPending(kNever) == 3);
  CHECK(bench.store->PendingEntries(KeyPattern::All(), kNever)->size() == 3);
  CHECK(PaidCalls(failover.Read(bench.clock.WallNow(), kNever)->all) == 3);
  CHECK(failover.Lookup(MakeKey(2), kNever).outcome == LookupOutcome::kHit);

  shared.away = false;
  CHECK(failover.DeliverNow());
  CHECK(paid_calls() == 3);
  CHECK(failover.pending() == 0);
  CHECK(shared.delivered_keys.size() == 3);
  bench.disk.refuses_writes = false;
  CHECK(bench.store->WriteNow());
  CHECK(bench.AskDisk(3) == LookupOutcome::kHit);  // as a copy
  CHECK(*bench.disk.CountPending(kNever) == 0);
  CHECK(failover.DeliverNow());
  CHECK(paid_calls() == 3);
}

TEST_CASE("WriteBehindStore: what waits for Redis goes to the disk when that is there first") {
  WaitingFixture bench;
  bench.disk.refuses_writes = true;
  CHECK(bench.store->PutPending(PaidWrite(1), kNever));
  bench.disk.refuses_writes = false;
  CHECK(bench.store->WriteNow());
  CHECK(*bench.disk.CountPending(kNever) == 1);
  CHECK(*bench.store->CountPending(kNever) == 1);
}
