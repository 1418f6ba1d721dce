#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/never.h"
#include "vcache/cache/history_store.h"

namespace vcache::test {

inline constexpr WallTime kHistoryStart = FakeClock::kStart;

inline cache::HistoryRecord RecordAt(int number, std::chrono::seconds at) {
  return {"id" + std::to_string(number), kHistoryStart + at,
          "{\"n\":" + std::to_string(number) + ",\"name\":\"\u00e9\\n\"}"};
}

inline std::vector<std::string> IdsOf(cache::HistoryStore& store, const std::string& owner) {
  const auto records = store.Read(owner, kNever);
  REQUIRE(records);
  std::vector<std::string> ids;
  for (const cache::HistoryRecord& record : *records) ids.push_back(record.id);
  return ids;
}

/// What every HistoryStore promises. The store keeps 3 entries for 100 s, and the clock stands at
/// `kHistoryStart` plus 50 s.
inline void CheckHistoryStore(cache::HistoryStore& store) {
  using Ids = std::vector<std::string>;
  using std::chrono::seconds;
  const auto add = [&](std::vector<cache::HistoryWrite> writes) {
    REQUIRE(store.Append(writes, kNever));
  };
  CHECK(IdsOf(store, "user:1").empty());

  // The newest first, each owner by itself; what is written again stays one.
  add({{"user:1", {RecordAt(1, seconds(1)), RecordAt(2, seconds(2))}},
       {"user:2", {RecordAt(9, seconds(9))}}});
  add({{"user:1", {RecordAt(2, seconds(2))}}});
  CHECK(IdsOf(store, "user:1") == Ids{"id2", "id1"});
  CHECK(IdsOf(store, "user:2") == Ids{"id9"});
  const auto records = store.Read("user:1", kNever);
  REQUIRE(records);
  CHECK(records->front() == RecordAt(2, seconds(2)));

  // No more than the limit, the last ones.
  add({{"user:1", {RecordAt(3, seconds(3)), RecordAt(4, seconds(4))}}});
  CHECK(IdsOf(store, "user:1") == Ids{"id4", "id3", "id2"});

  // What is older than its life is not told.
  add({{"user:3", {RecordAt(7, seconds(-51)), RecordAt(8, seconds(-49))}}});
  CHECK(IdsOf(store, "user:3") == Ids{"id8"});

  const auto removed = store.Remove("user:1", "id3", kNever);
  REQUIRE(removed);
  CHECK(*removed);
  const auto again = store.Remove("user:1", "id3", kNever);
  REQUIRE(again);
  CHECK_FALSE(*again);
  const auto foreign = store.Remove("user:2", "id4", kNever);
  REQUIRE(foreign);
  CHECK_FALSE(*foreign);
  CHECK_FALSE(IdsOf(store, "user:1").empty());
  for (const std::string& id : IdsOf(store, "user:1")) CHECK(id != "id3");

  const auto erased = store.Erase("user:1", kNever);
  REQUIRE(erased);
  CHECK(*erased >= 2);
  CHECK(IdsOf(store, "user:1").empty());
  CHECK(IdsOf(store, "user:2") == Ids{"id9"});
  add({{"user:1", {RecordAt(5, seconds(5))}}});
  CHECK(IdsOf(store, "user:1") == Ids{"id5"});
}

}  // namespace vcache::test
