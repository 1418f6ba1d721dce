#include "vcache/cache/tiers/tiered_store.h"

#include <doctest/doctest.h>

#include <functional>

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

/// A memory store behind, that counts, fails on demand and lets a test act in the middle.
class Behind final : public VerdictStore {
 public:
  explicit Behind(Clock& clock) : real({.max_ttl = 0s}, clock) {}

  LookupResult Lookup(const CacheKey& key, Deadline deadline) override {
    ++lookups;
    LookupResult found = real.Lookup(key, deadline);
    if (answer) found.outcome = *answer;
    after_lookup();
    return found;
  }
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override {
    ++lookups;
    asked = keys.size();
    return real.LookupMany(keys, deadline);
  }
  Result<void> Put(const PutRequest& request, Deadline deadline) override {
    if (answer) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    Result<void> kept = real.Put(request, deadline);
    after_keep();
    return kept;
  }
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override {
    if (answer) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    return real.Clear(pattern, mode, deadline);
  }
  std::optional<std::int64_t> clears() override { return told_clears; }
  bool available() const noexcept override { return !answer; }

  MemoryStore real;
  std::optional<LookupOutcome> answer;
  std::function<void()> after_lookup = [] {};
  std::function<void()> after_keep = [] {};
  std::optional<std::int64_t> told_clears{};
  int lookups = 0;
  std::size_t asked = 0;
};

struct Tiers {
  test::FakeClock clock;
  MemoryStore memory{{.max_ttl = 300s}, clock};
  Behind behind{clock};
  TieredStore store{&memory, &behind};
};

bool Has(VerdictStore& store, const CacheKey& key) {
  return store.Lookup(key, kNever).outcome == LookupOutcome::kHit;
}

}  // namespace

TEST_CASE("TieredStore: what is found behind comes to the front with its remaining life") {
  Tiers tiers;
  REQUIRE(tiers.behind.Put(MakePut(MakeKey(1), 1000s), kNever));
  tiers.clock.Advance(100s);
  CHECK(tiers.store.Lookup(MakeKey(1), kNever).ttl == 900s);
  CHECK(tiers.store.Lookup(MakeKey(1), kNever).ttl == 900s);
  CHECK(tiers.behind.lookups == 1);
  CHECK(tiers.memory.Lookup(MakeKey(1), kNever).ttl == 900s);
}

TEST_CASE("TieredStore: in an outage the front serves what it has until its real end") {
  Tiers tiers;
  REQUIRE(tiers.store.Put(MakePut(MakeKey(1), 1000s), kNever));
  tiers.clock.Advance(400s);  // beyond the 300 s of the front
  tiers.behind.answer = LookupOutcome::kUnavailable;
  const LookupResult found = tiers.store.Lookup(MakeKey(1), kNever);
  CHECK(found.outcome == LookupOutcome::kHit);
  CHECK(found.tier == Tier::kMemory);
  CHECK(found.ttl == 600s);
  CHECK(tiers.store.LookupMemory(MakeKey(1)).outcome == LookupOutcome::kMiss);

  tiers.behind.answer.reset();
  CHECK(Has(tiers.store, MakeKey(1)));  // from behind, and renewed in front
  CHECK(tiers.store.LookupMemory(MakeKey(1)).outcome == LookupOutcome::kHit);

  tiers.behind.answer = LookupOutcome::kUnavailable;
  tiers.clock.Advance(600s);
  CHECK_FALSE(Has(tiers.store, MakeKey(1)));
}

TEST_CASE("TieredStore: a clear leaves nothing for an outage") {
  Tiers tiers;
  REQUIRE(tiers.store.Put(MakePut(MakeKey(1), 1000s), kNever));
  tiers.clock.Advance(400s);
  tiers.store.ClearMemory(KeyPattern::All());
  tiers.behind.answer = LookupOutcome::kUnavailable;
  CHECK_FALSE(Has(tiers.store, MakeKey(1)));
}

TEST_CASE("TieredStore: what another process cleared behind is not served from the front") {
  Tiers tiers;
  for (std::int64_t clears = 7; clears < 10; ++clears) {
    tiers.behind.told_clears = clears;
    REQUIRE_FALSE(Has(tiers.store, MakeKey(1)));
    REQUIRE(tiers.store.Put(MakePut(MakeKey(1), 1000s), kNever));
    CHECK(tiers.store.LookupMemory(MakeKey(1)).outcome == LookupOutcome::kHit);
    REQUIRE(tiers.behind.real.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  }
  tiers.behind.told_clears = 10;
  CHECK(tiers.store.LookupMemory(MakeKey(1)).outcome == LookupOutcome::kMiss);
  REQUIRE(tiers.store.Put(MakePut(MakeKey(1), 1000s), kNever));
  tiers.behind.told_clears.reset();  // it cannot be read: no reason to drop
  CHECK(tiers.store.LookupMemory(MakeKey(1)).outcome == LookupOutcome::kHit);
}

TEST_CASE("TieredStore: a clear of its own does not empty the front of what it left") {
  Tiers tiers;
  REQUIRE(tiers.store.Put(MakePut(MakeKey(1), 1000s), kNever));
  tiers.behind.told_clears = 1;
  REQUIRE(tiers.store.Clear(*KeyPattern::Parse("text:*"), ClearMode::kDelete, kNever));
  CHECK(tiers.store.LookupMemory(MakeKey(1)).outcome == LookupOutcome::kHit);
}

TEST_CASE("TieredStore: many are asked for behind in one call, only those not in front") {
  Tiers tiers;
  const std::vector<CacheKey> keys = {MakeKey(0), MakeKey(1), MakeKey(2), MakeKey(3)};
  REQUIRE(tiers.memory.Put(MakePut(keys[1], 100s, 11), kNever));
  REQUIRE(tiers.behind.Put(MakePut(keys[3], 100s, 33), kNever));
  const auto found = tiers.store.LookupMany(keys, kNever);
  CHECK(tiers.behind.lookups == 1);
  CHECK(tiers.behind.asked == 3);
  CHECK(found[0].outcome == LookupOutcome::kMiss);
  CHECK(found[1].entry->verdict.ai_score == 11);
  CHECK(found[3].entry->verdict.ai_score == 33);
  CHECK(Has(tiers.memory, keys[3]));
  const auto none = tiers.store.LookupMany(std::vector{keys[1], keys[3]}, kNever);
  CHECK(none.size() == 2);
  CHECK(tiers.behind.lookups == 1);
}

TEST_CASE("TieredStore: corrupt and unavailable are reported as such") {
  Tiers tiers;
  for (const auto outcome : {LookupOutcome::kCorrupt, LookupOutcome::kUnavailable}) {
    tiers.behind.answer = outcome;
    CHECK(tiers.store.Lookup(MakeKey(1), kNever).outcome == outcome);
  }
  CHECK_FALSE(tiers.store.available());
  CHECK(tiers.memory.use().entries == 0);
}

TEST_CASE("TieredStore: memory keeps what the store behind refuses; the error is returned") {
  Tiers tiers;
  tiers.behind.answer = LookupOutcome::kUnavailable;
  const auto kept = tiers.store.Put(MakePut(MakeKey(1), 100s), kNever);
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == ErrorCode::kStoreUnavailable);
  CHECK(Has(tiers.store, MakeKey(1)));
}

TEST_CASE("TieredStore: a clear reports what lay behind, once, and empties both") {
  Tiers tiers;
  REQUIRE(tiers.store.Put(MakePut(MakeKey(1), 100s), kNever));
  const auto tried = tiers.store.Clear(KeyPattern::All(), ClearMode::kDryRun, kNever);
  CHECK(tried->total() == 1);
  CHECK(Has(tiers.memory, MakeKey(1)));
  CHECK(tiers.store.Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 1);
  CHECK_FALSE(Has(tiers.store, MakeKey(1)));
}

TEST_CASE("TieredStore: a clear counts what memory alone has, and copies once") {
  Tiers tiers;
  REQUIRE(tiers.store.Put(MakePut(MakeKey(1), 100s), kNever));
  tiers.behind.answer = LookupOutcome::kUnavailable;
  CHECK_FALSE(tiers.store.Put(MakePut(MakeKey(2), 100s), kNever));  // full, for instance
  tiers.behind.answer.reset();
  for (const ClearMode mode : {ClearMode::kDryRun, ClearMode::kDelete}) {
    CHECK(tiers.store.Clear(KeyPattern::All(), mode, kNever)->total() == 2);
  }
  CHECK(tiers.store.Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 0);
}

TEST_CASE("TieredStore: a clear that fails behind still empties the front and is an error") {
  Tiers tiers;
  REQUIRE(tiers.store.Put(MakePut(MakeKey(1), 100s), kNever));
  tiers.behind.answer = LookupOutcome::kUnavailable;
  CHECK_FALSE(tiers.store.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  CHECK_FALSE(Has(tiers.memory, MakeKey(1)));
}

TEST_CASE("TieredStore: what was read before a clear does not come to the front after it") {
  Tiers tiers;
  REQUIRE(tiers.behind.Put(MakePut(MakeKey(1), 100s), kNever));
  const auto clear = [&] {
    REQUIRE(tiers.store.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  };
  tiers.behind.after_lookup = clear;
  CHECK(tiers.store.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(tiers.memory.use().entries == 0);
  tiers.behind.after_keep = clear;
  REQUIRE(tiers.store.Put(MakePut(MakeKey(1), 100s), kNever));
  CHECK(tiers.memory.use().entries == 0);
}

TEST_CASE("TieredStore: what was read before a newer Keep does not replace it in front") {
  Tiers tiers;
  REQUIRE(tiers.behind.Put(MakePut(MakeKey(1), 100s, 10), kNever));
  tiers.behind.after_lookup = [&] {
    REQUIRE(tiers.store.Put(MakePut(MakeKey(1), 100s, 90), kNever));
  };
  CHECK(tiers.store.Lookup(MakeKey(1), kNever).entry->verdict.ai_score == 10);
  CHECK(tiers.memory.Lookup(MakeKey(1), kNever).entry->verdict.ai_score == 90);
}

TEST_CASE("TieredStore: serves with either tier missing, or both") {
  Tiers tiers;
  TieredStore only_memory(&tiers.memory, nullptr);
  REQUIRE(only_memory.Put(MakePut(MakeKey(1), 100s), kNever));
  CHECK(Has(only_memory, MakeKey(1)));
  CHECK(only_memory.available());
  CHECK(only_memory.LookupMany(std::vector{MakeKey(1), MakeKey(2)}, kNever).size() == 2);
  CHECK(only_memory.Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 1);

  TieredStore only_behind(nullptr, &tiers.behind);
  REQUIRE(only_behind.Put(MakePut(MakeKey(1), 100s), kNever));
  CHECK(Has(only_behind, MakeKey(1)));
  CHECK(only_behind.LookupMany(std::vector{MakeKey(1)}, kNever)[0].outcome == LookupOutcome::kHit);
  CHECK(only_behind.Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 1);

  TieredStore neither(nullptr, nullptr);
  CHECK(neither.Put(MakePut(MakeKey(1), 100s), kNever));
  CHECK_FALSE(Has(neither, MakeKey(1)));
  CHECK(neither.LookupMany(std::vector{MakeKey(1)}, kNever).size() == 1);
  CHECK(neither.Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 0);
  CHECK_FALSE(neither.available());
}

TEST_CASE("TieredStore: LookupMemory asks nothing behind") {
  Tiers tiers;
  REQUIRE(tiers.behind.Put(MakePut(MakeKey(1), 100s), kNever));
  CHECK(tiers.store.LookupMemory(MakeKey(1)).outcome == LookupOutcome::kMiss);
  CHECK(Has(tiers.store, MakeKey(1)));
  CHECK(tiers.store.LookupMemory(MakeKey(1)).outcome == LookupOutcome::kHit);
  CHECK(TieredStore(nullptr, &tiers.behind).LookupMemory(MakeKey(1)).outcome ==
        LookupOutcome::kMiss);
}
