#pragma once

// What every EntryStore promises, written once against the interface.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/never.h"
#include "support/store_under_test.h"
#include "vcache/cache/entry_store.h"

namespace vcache::test {
namespace entry_conformance {

using cache::ContentKind;
using cache::EntryQuery;
using cache::EntryStore;
using cache::EntryWrite;
using cache::KeptEntry;
using cache::KeyPattern;
using std::chrono::hours;
using std::chrono::seconds;

using Seen = std::map<std::string, int>;  // how often, by stored name

/// The names of all pages, which end.
inline Seen Walk(EntryStore& entries, std::string_view pattern, std::size_t limit) {
  Seen seen;
  EntryQuery query{.cursor = {}, .pattern = *KeyPattern::Parse(pattern), .limit = limit};
  for (int pages = 0; pages < 10'000; ++pages) {
    std::size_t visited = 0;
    const auto next = entries.Page(
        query,
        [&](KeptEntry&& kept) {
          ++visited;
          ++seen[kept.key.ToString()];
          return true;
        },
        kNever);
    REQUIRE_MESSAGE(next.has_value(), next.error().message);
    CHECK(visited <= limit);
    CHECK(next->size() < 1'500);  // it fits into a URL
    if (next->empty()) return seen;
    query.cursor = *next;
  }
  FAIL("the walk does not end");
  return seen;
}

inline std::string StoredName(StoreUnderTest& world, const cache::CacheKey& key) {
  return world.keys().NameOf(key);
}

inline void ShowsEachEntry(StoreUnderTest& world, EntryStore& entries) {
  CHECK(Walk(entries, "*", 10).empty());
  Seen expected;
  for (unsigned i = 0; i < 300; ++i) {
    const auto key = MakeKey(i, i % 3 == 0 ? ContentKind::kText : ContentKind::kAnalysis);
    REQUIRE(world.store().Put(MakePut(key, hours(1)), kNever));
    expected[StoredName(world, key)] = 1;
  }
  for (const std::size_t limit : {1U, 7U, 100U, 1'000U}) {
    CAPTURE(limit);
    CHECK(Walk(entries, "*", limit) == expected);
  }
}

inline void ShowsWhatMatches(StoreUnderTest& world, EntryStore& entries) {
  std::string some;
  for (unsigned i = 0; i < 60; ++i) {
    const auto key = MakeKey(i, i % 2 == 0 ? ContentKind::kText : ContentKind::kAnalysis);
    REQUIRE(world.store().Put(MakePut(key, hours(1)), kNever));
    some = StoredName(world, key);
  }
  CHECK(Walk(entries, "text:*", 7).size() == 30);
  CHECK(Walk(entries, "analysis:*", 7).size() == 30);
  CHECK(Walk(entries, some, 7) == Seen{{some, 1}});
  const std::string prefix = some.substr(0, some.find(':') + 4);
  for (const auto& [name, count] : Walk(entries, prefix + "*", 7)) {
    CAPTURE(name);
    CHECK(name.starts_with(prefix));
  }
  CHECK(Walk(entries, "*:" + some.substr(some.find(':') + 1, 8) + "*", 7).contains(some));
  CHECK(Walk(entries, "user:*", 7).empty());
}

inline void ShowsWhatStays(StoreUnderTest& world, EntryStore& entries) {
  std::vector<std::string> stays;
  for (unsigned i = 0; i < 100; ++i) {
    REQUIRE(world.store().Put(MakePut(MakeKey(i), hours(1)), kNever));
    if (i % 2 == 0) stays.push_back(StoredName(world, MakeKey(i)));
  }
  Seen seen;
  EntryQuery query;
  query.limit = 9;
  unsigned added = 1'000;
  do {
    const auto next = entries.Page(
        query,
        [&](KeptEntry&& kept) {
          ++seen[kept.key.ToString()];
          return true;
        },
        kNever);
    REQUIRE(next);
    query.cursor = *next;
    if (added >= 1'050) continue;
    const auto gone = KeyPattern::Parse(StoredName(world, MakeKey(2 * (added - 1'000) + 1)));
    REQUIRE(world.store().Clear(*gone, cache::ClearMode::kDelete, kNever));
    REQUIRE(world.store().Put(MakePut(MakeKey(added++), hours(1)), kNever));
  } while (!query.cursor.empty());
  for (const std::string& name : stays) CHECK(seen[name] >= 1);
}

inline void TellsWhatItKeeps(StoreUnderTest& world, EntryStore& entries) {
  const auto key = MakeKey(1);
  REQUIRE(world.store().Put(MakePut(key, hours(1)), kNever));
  const auto stored = *world.keys().StoredKeyOf(world.keys().StoreKey(key));
  const auto found = entries.Find(stored, kNever);
  REQUIRE(found);
  REQUIRE(*found);
  const KeptEntry& kept = **found;
  CHECK(kept.key == stored);
  REQUIRE(kept.entry != nullptr);
  CHECK(kept.entry->verdict.ai_score == 87.5);
  CHECK(kept.entry->bytes == 61'720);
  CHECK(kept.json.find("\"aiScore\":87.5") != std::string::npos);
  CHECK(kept.ttl <= hours(1));
  CHECK(kept.ttl >= hours(1) - world.ttl_tolerance());
  CHECK(kept.life_known);
  CHECK(kept.stored_bytes > 100);
  CHECK_FALSE(entries.Find(*world.keys().StoredKeyOf(world.keys().StoreKey(MakeKey(2))), kNever)
                  ->has_value());
}

inline void LeavesOutWhatIsOver(StoreUnderTest& world, EntryStore& entries) {
  REQUIRE(world.store().Put(MakePut(MakeKey(1), world.short_ttl()), kNever));
  REQUIRE(world.store().Put(MakePut(MakeKey(2), hours(1)), kNever));
  world.PassTime(world.short_ttl());
  CHECK(Walk(entries, "*", 10) == Seen{{StoredName(world, MakeKey(2)), 1}});
}

inline void LeavesOutWhatIsNotOurs(StoreUnderTest& world, EntryStore& entries) {
  const std::string prefix = world.keys().prefix();
  const std::string hash(64, 'a');
  for (const std::string& name :
       {std::string("analysis:short"), "user:" + hash, "analysis:" + hash + ":job",
        "text:" + std::string(64, 'A'), "other:text:" + hash, "lease:analysis:" + hash}) {
    if (!world.SeedRaw(prefix + name, R"({"aiScore":50})", hours(1))) return;
  }
  CHECK(Walk(entries, "*", 10).empty());
  world.SeedRaw(prefix + "text:" + hash, "not JSON", hours(1));
  CHECK(Walk(entries, "*", 10) == Seen{{"text:" + hash, 1}});
  const auto damaged = entries.Find(*world.keys().StoredKeyOf(prefix + "text:" + hash), kNever);
  REQUIRE(damaged);
  CHECK((*damaged)->entry == nullptr);
  CHECK((*damaged)->problem.find("JSON") != std::string::npos);
  world.SeedRaw(prefix + "text:" + hash, "{\"aiScore\":\n50}", hours(1));
  const auto foreign = entries.Find(*world.keys().StoredKeyOf(prefix + "text:" + hash), kNever);
  REQUIRE((*foreign)->entry != nullptr);
  CHECK((*foreign)->json == R"({"aiScore":50})");
  CHECK((*foreign)->life_known);
  CHECK((*foreign)->ttl > seconds(3'590));
}

inline void StopsWhenAsked(StoreUnderTest& world, EntryStore& entries) {
  for (unsigned i = 0; i < 50; ++i) {
    REQUIRE(world.store().Put(MakePut(MakeKey(i), hours(1)), kNever));
  }
  Seen seen;
  EntryQuery query;
  query.limit = 40;
  do {
    std::size_t visited = 0;
    const auto next = entries.Page(
        query,
        [&](KeptEntry&& kept) {
          ++seen[kept.key.ToString()];
          return ++visited < 3;
        },
        kNever);
    REQUIRE(next);
    CHECK(visited <= 3);
    query.cursor = *next;
  } while (!query.cursor.empty());
  CHECK(seen.size() == 50);
  CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& one) { return one.second == 1; }));
}

inline EntryWrite WriteOf(StoreUnderTest& world, unsigned number, seconds later,
                          double score = 12) {
  const auto key = MakeKey(number);
  cache::Entry entry = *MakeEntry(key, score);
  entry.stored_at += later;
  EntryWrite write;
  write.key = *world.keys().StoredKeyOf(world.keys().StoreKey(key));
  entry.key = write.key;
  write.entry = std::make_shared<const cache::Entry>(std::move(entry));
  write.ttl = std::chrono::minutes(30);
  return write;
}

inline void MergesWhatIsMissingOrNewer(StoreUnderTest& world, EntryStore& entries) {
  REQUIRE(world.store().Put(MakePut(MakeKey(1), hours(1)), kNever));
  REQUIRE(world.store().Put(MakePut(MakeKey(2), hours(1)), kNever));
  REQUIRE(world.store().Put(MakePut(MakeKey(3), hours(1)), kNever));
  const std::vector<EntryWrite> writes = {
      WriteOf(world, 1, seconds(-1)), WriteOf(world, 2, seconds(0)), WriteOf(world, 3, seconds(1)),
      WriteOf(world, 4, seconds(0))};
  const auto score = [&](unsigned number) {
    const auto found = world.store().Lookup(MakeKey(number), kNever);
    REQUIRE(found.outcome == cache::LookupOutcome::kHit);
    return found.entry->verdict.ai_score;
  };
  auto merged = entries.Merge(writes, kNever);
  REQUIRE(merged);
  CHECK(merged->stored == 2);
  CHECK(merged->kept == 2);
  CHECK(score(1) == 87.5);
  CHECK(score(2) == 87.5);
  CHECK(score(3) == 12);
  CHECK(score(4) == 12);
  for (const unsigned number : {3U, 4U}) {
    const auto found = world.store().Lookup(MakeKey(number), kNever);
    CHECK(found.ttl <= std::chrono::minutes(30));
    CHECK(found.ttl >= std::chrono::minutes(30) - world.ttl_tolerance());
    CHECK(found.entry->cost == Usd::FromMicros(10'000));
  }
  merged = entries.Merge(writes, kNever);  // a second time changes nothing
  REQUIRE(merged);
  CHECK(merged->stored == 0);
  CHECK(merged->kept == 4);
  CHECK(entries.Merge({}, kNever)->kept == 0);
}

inline void MergesManyAndMovesThem(StoreUnderTest& world, EntryStore& entries) {
  std::vector<EntryWrite> writes;
  for (unsigned i = 0; i < 500; ++i) writes.push_back(WriteOf(world, i, seconds(i)));
  REQUIRE(entries.Merge(writes, kNever)->stored == 500);
  CHECK(Walk(entries, "*", 100).size() == 500);
}

inline void MergesOverWhatIsUnreadableOnly(StoreUnderTest& world, EntryStore& entries) {
  const std::vector<EntryWrite> writes = {WriteOf(world, 1, seconds(0)),
                                          WriteOf(world, 2, seconds(0))};
  const std::string newer =
      R"({"aiScore":50,"cache":{"v":9,"sha256":")" + writes[1].key.digest.ToHex() + R"("}})";
  if (!world.SeedRaw(world.keys().StoreKey(MakeKey(1)), "damaged", hours(1))) return;
  world.SeedRaw(world.keys().StoreKey(MakeKey(2)), newer, hours(1));
  const auto merged = entries.Merge(writes, kNever);
  REQUIRE(merged);
  CHECK(merged->stored == 1);
  CHECK(merged->kept == 1);
  CHECK(world.ReadRaw(world.keys().StoreKey(MakeKey(2))) == newer);
}

inline void MergesTheValuesOfOthersAsTheyAre(StoreUnderTest& world, EntryStore& entries) {
  EntryWrite write = WriteOf(world, 1, seconds(0));
  cache::Entry entry = *write.entry;
  entry.foreign = true;
  write.entry = std::make_shared<const cache::Entry>(std::move(entry));
  write.json = R"({"aiScore":12,"mine":true})";
  REQUIRE(entries.Merge({&write, 1}, kNever)->stored == 1);
  const auto found = entries.Find(write.key, kNever);
  REQUIRE(*found);
  CHECK((*found)->json == write.json);
  CHECK((*found)->life_known);
  CHECK(world.store().Lookup(MakeKey(1), kNever).entry->foreign);
}

inline void RefusesForeignCursors(StoreUnderTest& world, EntryStore& entries) {
  REQUIRE(world.store().Put(MakePut(MakeKey(1), hours(1)), kNever));
  for (const char* cursor : {"x", "r", "s", "0", "r0.", "r0.xab", "rabc", "s-1", "sx", "r0 1",
                             "s99999999999999999999", "\n"}) {
    CAPTURE(cursor);
    EntryQuery query;
    query.cursor = cursor;
    const auto page = entries.Page(
        query, [](KeptEntry&&) { return true; }, kNever);
    REQUIRE_FALSE(page);
    CHECK(page.error().code == ErrorCode::kBadRequest);
  }
}

inline void TellsThatItIsAway(StoreUnderTest& world, EntryStore& entries) {
  if (!world.MakeUnavailable()) return;
  const auto page = entries.Page(
      {}, [](KeptEntry&&) { return true; }, kNever);
  REQUIRE_FALSE(page);
  CHECK(page.error().code == ErrorCode::kStoreUnavailable);
  CHECK_FALSE(entries.Find(MakeKey(1), kNever));
  const EntryWrite write = WriteOf(world, 1, seconds(0));
  CHECK_FALSE(entries.Merge({&write, 1}, kNever));
}

}  // namespace entry_conformance

/// `make` gives a fresh `World`, a StoreUnderTest with `entries()`.
template <typename Make>
void RunEntryStoreConformance(const Make& make) {
  using Promise = void (*)(StoreUnderTest&, cache::EntryStore&);
  const std::pair<const char*, Promise> promises[] = {
      {"shows each entry once, whatever the limit", entry_conformance::ShowsEachEntry},
      {"shows what matches a pattern", entry_conformance::ShowsWhatMatches},
      {"shows what stays while others come and go", entry_conformance::ShowsWhatStays},
      {"tells what it keeps", entry_conformance::TellsWhatItKeeps},
      {"leaves out what is over", entry_conformance::LeavesOutWhatIsOver},
      {"leaves out what is not ours", entry_conformance::LeavesOutWhatIsNotOurs},
      {"stops when asked, and loses nothing", entry_conformance::StopsWhenAsked},
      {"merges what is missing or newer", entry_conformance::MergesWhatIsMissingOrNewer},
      {"merges many", entry_conformance::MergesManyAndMovesThem},
      {"merges over what is unreadable", entry_conformance::MergesOverWhatIsUnreadableOnly},
      {"merges others' values as they are", entry_conformance::MergesTheValuesOfOthersAsTheyAre},
      {"refuses foreign cursors", entry_conformance::RefusesForeignCursors},
      {"tells that it is away", entry_conformance::TellsThatItIsAway},
  };
  for (const auto& [name, promise] : promises) {
    SUBCASE(name) {
      auto world = make();
      promise(*world, world->entries());
    }
  }
}

}  // namespace vcache::test
