#include <doctest/doctest.h>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/never.h"
#include "vcache/cache/clear_count.h"
#include "vcache/core/random_id.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;

namespace {

PutRequest Paid(unsigned number) {
  PutRequest request = test::MakePut(MakeKey(number), 600s);
  request.counters.at(ContentKind::kAnalysis, Counter::kSpentMicros) = 10'000;
  return request;
}

Counters Hits(std::int64_t count) {
  Counters counters;
  counters.at(ContentKind::kText, Counter::kHits) = count;
  return counters;
}

}  // namespace

TEST_CASE("SqliteStore: what waits for the shared store is on disk, in order, with its entry") {
  test::TempDir dir;
  test::FakeClock clock;
  {
    const auto store = test::OpenStore(dir.path(), clock);
    CHECK(store->PutPending(Paid(1), kNever));
    clock.Advance(24h);
    CHECK(store->AddPending({Hits(5), clock.WallNow(), RandomId()}, kNever));
    CHECK(store->PutPending(Paid(2), kNever));
  }
  const auto store = test::OpenStore(dir.path(), clock);
  CHECK(*store->CountPending(kNever) == 3);
  const auto waiting = store->OldestPending(2, kNever);
  REQUIRE(waiting->size() == 2);
  const PendingWrite& first = waiting->front();
  CHECK(first.store_key == MakeKey(1).ToString());
  CHECK(first.id.size() == 32);
  CHECK(first.id != waiting->back().id);
  CHECK(first.made_at == test::FakeClock::kStart);
  CHECK(first.expires_at == test::FakeClock::kStart + 600s);
  CHECK(first.counters.total(Counter::kSpentMicros) == 10'000);
  const auto entry = DecodeEntry(first.value, MakeKey(1), false);
  REQUIRE(entry);
  CHECK(entry->expires_at == first.expires_at);
  CHECK(waiting->back().store_key.empty());
  CHECK(waiting->back().counters == Hits(5));

  const auto sum = store->SumPending(clock.WallNow(), kNever);
  CHECK(sum->all.total(Counter::kSpentMicros) == 20'000);
  CHECK(sum->today.total(Counter::kSpentMicros) == 10'000);
  CHECK(sum->all.total(Counter::kHits) == 5);
  const auto counted = store->Read(clock.WallNow(), kNever);
  CHECK(counted->all.total(Counter::kHits) == 0);  // it waits, and is not counted here
}

TEST_CASE("SqliteStore: what waits is looked up like any entry, and stays as a copy") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  CHECK(store->PutPending(Paid(1), kNever));
  const auto found = store->Lookup(MakeKey(1), kNever);
  CHECK(found.outcome == LookupOutcome::kHit);
  CHECK(found.ttl == 600s);
  CHECK_FALSE(found.entry->expires_at);
  const auto waiting = store->OldestPending(9, kNever);
  CHECK(store->RemovePending(waiting->front(), kNever));
  CHECK(*store->CountPending(kNever) == 0);
  CHECK(store->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
}

TEST_CASE("SqliteStore: copies are dropped when a clear was missed; what waits and others' stay") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto store = test::OpenStore(dir.path(), clock, NullLogger(), KeySpace({.prefix = "a:"}));
  const auto other = test::OpenStore(dir.path(), clock, NullLogger(), KeySpace({.prefix = "b:"}));
  for (unsigned i = 1; i <= 1'200; ++i) REQUIRE(store->Put(MakePut(MakeKey(i), 1h), kNever));
  const auto empty = test::OpenStore(dir.path(), clock, NullLogger());
  REQUIRE(other->Put(MakePut(MakeKey(1), 1h), kNever));
  REQUIRE(empty->Put(MakePut(MakeKey(1), 1h), kNever));
  REQUIRE(empty->DropStaleCopies(1, kNever));
  REQUIRE(empty->DropStaleCopies(2, kNever));  // its own copies, and no other prefix'
  CHECK(empty->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
  REQUIRE(store->PutPending(Paid(2'000), kNever));
  const auto known = [&] {
    return store->Clear(KeyPattern::All(), ClearMode::kDryRun, kNever)->total();
  };
  CHECK(store->DropStaleCopies(5, kNever));  // the first count says nothing
  CHECK(known() == 1'201);
  CHECK(store->DropStaleCopies(5, kNever));
  CHECK(known() == 1'201);
  CHECK(store->DropStaleCopies(6, kNever));
  CHECK(known() == 1);
  CHECK(store->Lookup(MakeKey(2'000), kNever).outcome == LookupOutcome::kHit);
  CHECK(*store->CountPending(kNever) == 1);
  CHECK(other->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  REQUIRE(store->Put(MakePut(MakeKey(1), 1h), kNever));
  CHECK(store->DropStaleCopies(6, kNever));
  CHECK(known() == 2);
  CHECK(store->NoteClear(7, kNever));  // heard of
  CHECK(store->DropStaleCopies(7, kNever));
  CHECK(known() == 2);
  CHECK(store->NoteClear(9, kNever));  // the eighth was missed
  CHECK(store->DropStaleCopies(9, kNever));
  CHECK(known() == 1);
  REQUIRE(store->Put(MakePut(MakeKey(1), 1h), kNever));
  CHECK(store->DropStaleCopies(std::int64_t{5} << kClearBits, kNever));  // the data was lost
  CHECK(known() == 2);
}

TEST_CASE("SqliteStore: to forget an older write leaves the newer entry") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  CHECK(store->PutPending(Paid(1), kNever));
  clock.Advance(10s);
  CHECK(store->PutPending(Paid(1), kNever));
  CHECK(store->RemovePending(store->OldestPending(1, kNever)->front(), kNever));
  CHECK(store->Lookup(MakeKey(1), kNever).ttl == 600s);
  CHECK(*store->CountPending(kNever) == 1);
}

TEST_CASE("SqliteStore: what is cleared is not delivered, but what it cost is counted") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  CHECK(store->PutPending(Paid(1), kNever));
  CHECK(store->Clear(KeyPattern::All(), ClearMode::kDryRun, kNever)->total() == 1);
  CHECK_FALSE(store->OldestPending(1, kNever)->front().store_key.empty());
  CHECK(store->Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 1);
  const auto waiting = store->OldestPending(9, kNever);
  REQUIRE(waiting->size() == 1);
  CHECK(waiting->front().store_key.empty());
  CHECK(waiting->front().value.empty());
  CHECK(waiting->front().counters.total(Counter::kSpentMicros) == 10'000);
}

TEST_CASE("SqliteStore: a missed clear takes what matches and was made before, and no counters") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  const auto other = test::OpenStore(dir.path(), clock, NullLogger(), KeySpace({"other:"}));
  const auto text = MakeKey(3, ContentKind::kText);
  REQUIRE(store->PutPending(Paid(1), kNever));
  REQUIRE(store->PutPending(Paid(2), kNever));
  REQUIRE(store->PutPending(test::MakePut(text, 600s), kNever));
  REQUIRE(other->PutPending(Paid(1), kNever));
  const ClearRecord clear{*KeyPattern::Parse("analysis:*"), clock.WallNow()};
  clock.Advance(1s);
  REQUIRE(store->PutPending(Paid(2), kNever));  // paid for again after the clear
  PutRequest late = Paid(4);                    // paid for before it, and written after it
  late.made_at = clear.at;
  REQUIRE(store->PutPending(late, kNever));

  CHECK(*store->DropCleared({&clear, 1}, kNever) == 3);
  std::vector<std::string> keys;
  const auto waiting = store->OldestPending(10, kNever);
  for (const auto& write : *waiting) keys.push_back(write.store_key);
  CHECK(keys == std::vector<std::string>{"", "", text.ToString(), MakeKey(2).ToString(), ""});
  CHECK(store->SumPending(clock.WallNow(), kNever)->all.total(Counter::kSpentMicros) == 40'000);
  CHECK(store->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
  CHECK(store->Lookup(MakeKey(2), kNever).outcome == LookupOutcome::kHit);
  CHECK(store->Lookup(text, kNever).outcome == LookupOutcome::kHit);
  CHECK(other->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(*store->DropCleared({&clear, 1}, kNever) == 0);
}

TEST_CASE("SqliteStore: names the entries that wait, each once, while they live and match") {
  test::TempDir dir;
  test::FakeClock clock;
  const KeySpace keys({.prefix = "site:", .secret = Secret("a secret of some length")});
  const auto store = test::OpenStore(dir.path(), clock, NullLogger(), keys);
  const auto names = [&](const KeyPattern& pattern) {
    const auto entries = store->PendingEntries(pattern, kNever);
    REQUIRE(entries);
    return entries->size();
  };
  CHECK(store->PutPending(Paid(1), kNever));
  CHECK(store->PutPending(Paid(1), kNever));
  CHECK(store->AddPending({Hits(5), clock.WallNow(), RandomId()}, kNever));
  PutRequest text = MakePut(MakeKey(1, ContentKind::kText), 1200s);
  CHECK(store->PutPending(text, kNever));
  CHECK(names(KeyPattern::All()) == 2);
  CHECK(names(*KeyPattern::Parse("text:*")) == 1);
  const auto one = keys.StoredPattern(*KeyPattern::Parse(MakeKey(1).ToString()));
  const auto found = store->PendingEntries(*one, kNever);
  REQUIRE(found->size() == 1);
  CHECK(found->front().kind == ContentKind::kAnalysis);
  CHECK(found->front().store_key == keys.StoreKey(MakeKey(1)));
  clock.Advance(600s);
  CHECK(names(KeyPattern::All()) == 1);
  CHECK(store->Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  CHECK(names(KeyPattern::All()) == 0);
}

TEST_CASE("SqliteStore: sites that share a file do not see each other's waiting writes") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto one = test::OpenStore(dir.path(), clock);
  const auto other = test::OpenStore(dir.path(), clock, NullLogger(), KeySpace({.prefix = "b:"}));
  CHECK(one->PutPending(Paid(1), kNever));
  CHECK(*other->CountPending(kNever) == 0);
  CHECK(other->OldestPending(9, kNever)->empty());
  CHECK(other->SumPending(clock.WallNow(), kNever)->all.empty());
}

TEST_CASE("OpenSqliteStore: a database of version 1 gets the new tables and keeps its verdicts") {
  test::TempDir dir;
  test::FakeClock clock;
  {
    const auto store = test::OpenStore(dir.path(), clock);
    CHECK(store->Put(Paid(1), kNever));
  }
  test::MakeSchemaOlder(dir.path(), 1);
  const auto store = test::OpenStore(dir.path(), clock);
  CHECK(store->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(store->PutPending(Paid(2), kNever));
  CHECK(*store->CountPending(kNever) == 1);
  CHECK(test::RawDatabase(dir.path()).Query("PRAGMA user_version") == test::kNewestSchema);
}

TEST_CASE("OpenSqliteStore: another application's database of version 1 is left as it is") {
  test::TempDir dir;
  test::FakeClock clock;
  test::OpenStore(dir.path(), clock).reset();
  test::MakeSchemaOlder(dir.path(), 1);
  test::RawDatabase(dir.path()).Query("PRAGMA application_id=7");
  SqliteStoreOptions options;
  options.directory = dir.path();
  CHECK_FALSE(OpenSqliteStore(std::move(options), KeySpace(), clock, NullLogger()));
  CHECK(test::RawDatabase(dir.path()).Query("PRAGMA user_version") == "1");
}

TEST_CASE(
    "SqliteStore: copies beyond the limit go, the oldest first, and nothing that is pending") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  REQUIRE(store->PutPending(test::MakePut(MakeKey(0), 1h), kNever));
  std::vector<PutRequest> copies;
  for (unsigned i = 1; i <= 3'000; ++i) copies.push_back(test::MakePut(MakeKey(i), 1h));
  REQUIRE(store->PutMany(copies, kNever));
  const auto size = [&] {
    return std::stoll(
        *test::RawDatabase(dir.path())
             .Query("SELECT (page_count - freelist_count) * page_size"
                    " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"));
  };
  const auto before = size();
  REQUIRE(store->TrimCopies(static_cast<std::uint64_t>(before), kNever));
  CHECK(store->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  REQUIRE(store->TrimCopies(static_cast<std::uint64_t>(before / 2), kNever));
  CHECK(size() <= before / 2);
  CHECK(store->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
  CHECK(store->Lookup(MakeKey(3'000), kNever).outcome == LookupOutcome::kHit);
  REQUIRE(store->TrimCopies(0, kNever));
  CHECK(store->Lookup(MakeKey(3'000), kNever).outcome == LookupOutcome::kMiss);
  CHECK(store->Lookup(MakeKey(0), kNever).outcome == LookupOutcome::kHit);
}
