#include "vcache/cache/memory/memory_store.h"

#include <doctest/doctest.h>

#include "support/fake_clock.h"
#include "support/never.h"
#include "support/verdict_store_conformance.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;

namespace {

class MemoryUnderTest final : public test::StoreUnderTest {
 public:
  explicit MemoryUnderTest(KeySpace keys = KeySpace())
      : keys_(keys), store_({.max_ttl = 0s, .keys = std::move(keys)}, clock_) {}

  VerdictStore& store() override { return store_; }
  const Clock& clock() const override { return clock_; }
  void PassTime(std::chrono::seconds time) override { clock_.Advance(time); }
  const KeySpace& keys() const override { return keys_; }

 private:
  KeySpace keys_;
  test::FakeClock clock_;
  MemoryStore store_;
};

SharedEntry StoredAt(const CacheKey& key, std::chrono::seconds after, double score) {
  Entry entry = *test::MakeEntry(key, score);
  entry.stored_at += after;
  return std::make_shared<const Entry>(std::move(entry));
}

LookupResult Found(SharedEntry entry, std::chrono::milliseconds ttl, bool life_known = true) {
  LookupResult found;
  found.outcome = LookupOutcome::kHit;
  found.entry = std::move(entry);
  found.ttl = ttl;
  found.life_known = life_known;
  return found;
}

}  // namespace

TEST_CASE("MemoryStore: keeps every promise of a VerdictStore") {
  test::RunVerdictStoreConformance([] { return std::make_unique<MemoryUnderTest>(); });
}

TEST_CASE("MemoryStore with prefix and secret: keeps every promise of a VerdictStore") {
  test::RunVerdictStoreConformance([] {
    return std::make_unique<MemoryUnderTest>(
        KeySpace({.prefix = "site:", .secret = Secret("a secret of some length")}));
  });
}

TEST_CASE("MemoryStore: remembers whether the life of what it holds is known") {
  test::FakeClock clock;
  MemoryStore store({}, clock);
  store.Promote(Found(test::MakeEntry(MakeKey(1)), 60s, /*life_known=*/false));
  store.Promote(Found(test::MakeEntry(MakeKey(2)), 60s));
  CHECK_FALSE(store.Lookup(MakeKey(1), kNever).life_known);
  CHECK(store.Lookup(MakeKey(2), kNever).life_known);
}

TEST_CASE("MemoryStore: a clear tells what was kept here alone from copies") {
  test::FakeClock clock;
  MemoryStore store({}, clock);
  REQUIRE(store.Put(MakePut(MakeKey(1), 60s), kNever));
  store.PutUnbacked(MakePut(MakeKey(2), 60s));
  store.PutUnbacked(MakePut(MakeKey(3, ContentKind::kText), 60s));
  store.PutUnbacked(MakePut(MakeKey(4), 60s));
  REQUIRE(store.Put(MakePut(MakeKey(4), 60s), kNever));  // taken behind in the end
  const auto report = store.ClearHere(KeyPattern::All(), ClearMode::kDelete);
  CHECK(report.all.analysis == 3);
  CHECK(report.all.text == 1);
  CHECK(report.unbacked.analysis == 1);
  CHECK(report.unbacked.text == 1);
}

TEST_CASE("MemoryStore: a hit is the same entry, not a copy") {
  test::FakeClock clock;
  MemoryStore store({}, clock);
  const auto request = MakePut(MakeKey(1), 60s);
  REQUIRE(store.Put(request, kNever));
  CHECK(store.Lookup(MakeKey(1), kNever).entry == request.entry);
}

TEST_CASE("MemoryStore: forgets at its own limit, but reports the true life") {
  test::FakeClock clock;
  MemoryStore store({.max_ttl = 300s}, clock);
  REQUIRE(store.Put(MakePut(MakeKey(1), 604'800s), kNever));
  clock.Advance(299s);
  CHECK(store.Lookup(MakeKey(1), kNever).ttl == 604'501s);
  clock.Advance(1s);
  CHECK(store.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
  CHECK(store.use().entries == 1);  // an outage is served from it
  CHECK(store.LookupInOutage(MakeKey(1)).ttl == 604'500s);
  clock.Advance(604'500s);
  CHECK(store.LookupInOutage(MakeKey(1)).outcome == LookupOutcome::kMiss);
  CHECK(store.use().entries == 0);
  REQUIRE(store.Put(MakePut(MakeKey(1), std::chrono::seconds::max()), kNever));
  CHECK(store.Lookup(MakeKey(1), kNever).ttl > 0s);
}

TEST_CASE("MemoryStore: stays within its bytes and drops the least recently used") {
  test::FakeClock clock;
  MemoryStore probe({.shards = 1}, clock);
  REQUIRE(probe.Put(MakePut(MakeKey(1), 60s), kNever));
  const std::uint64_t one = probe.use().bytes;
  CHECK(one > sizeof(Entry) + sizeof(CacheKey));

  MemoryStore store({.max_bytes = 3 * one, .shards = 1}, clock);
  for (unsigned i = 0; i < 3; ++i) REQUIRE(store.Put(MakePut(MakeKey(i), 60s), kNever));
  CHECK(store.Lookup(MakeKey(0), kNever).outcome == LookupOutcome::kHit);
  REQUIRE(store.Put(MakePut(MakeKey(3), 60s), kNever));
  CHECK(store.use().bytes == 3 * one);
  CHECK(store.Lookup(MakeKey(0), kNever).outcome == LookupOutcome::kHit);
  CHECK(store.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
}

TEST_CASE("MemoryStore: what is too large is not kept, nor what it replaces") {
  test::FakeClock clock;
  MemoryStore store({.max_bytes = 8'192, .shards = 1}, clock);
  REQUIRE(store.Put(MakePut(MakeKey(1), 60s), kNever));
  Entry large = *test::MakeEntry(MakeKey(1));
  large.verdict.details = std::string(10'000, ' ');
  REQUIRE(store.Put({std::make_shared<const Entry>(large), 60s, {}}, kNever));
  CHECK(store.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
  CHECK(store.use().bytes == 0);
}

TEST_CASE("MemoryStore: without room it keeps nothing and is no error") {
  test::FakeClock clock;
  MemoryStore store({.max_bytes = 0}, clock);
  REQUIRE(store.Put(MakePut(MakeKey(1), 60s), kNever));
  CHECK(store.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
}

TEST_CASE("MemoryStore: Promote never puts an older verdict over a newer one") {
  test::FakeClock clock;
  MemoryStore store({}, clock);
  const CacheKey key = MakeKey(1);
  REQUIRE(store.Put({StoredAt(key, 10s, 90), 60s, {}}, kNever));
  store.Promote(Found(StoredAt(key, 5s, 10), 60s));
  CHECK(store.Lookup(key, kNever).entry->verdict.ai_score == 90);
  store.Promote(Found(StoredAt(key, 11s, 20), 60s));
  CHECK(store.Lookup(key, kNever).entry->verdict.ai_score == 20);
  store.Promote(Found(StoredAt(MakeKey(2), 0s, 30), 0s));
  CHECK(store.Lookup(MakeKey(2), kNever).outcome == LookupOutcome::kMiss);
}

TEST_CASE("MemoryStore: patterns match the key as the store behind writes it") {
  test::FakeClock clock;
  const KeySpace keyed({.secret = Secret("a secret of some length")});
  MemoryStore store({.keys = keyed}, clock);
  REQUIRE(store.Put(MakePut(MakeKey(1), 60s), kNever));
  const auto clear = [&](const std::string& pattern) {
    return store.Clear(*KeyPattern::Parse(pattern), ClearMode::kDelete, kNever)->total();
  };
  CHECK(clear(MakeKey(1).ToString()) == 0);
  CHECK(clear(keyed.NameOf(MakeKey(1))) == 1);
}
