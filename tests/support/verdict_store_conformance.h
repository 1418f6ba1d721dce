#pragma once

// What every VerdictStore promises, written once against the interface. A test program of a store
// implements StoreUnderTest and calls RunVerdictStoreConformance in a TEST_CASE of its own name;
// each promise is a SUBCASE with a fresh store.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/counter_conformance.h"
#include "support/never.h"
#include "support/store_under_test.h"
#include "vcache/cache/verdict_store.h"

namespace vcache::test {

using StoreFactory = std::function<std::unique_ptr<StoreUnderTest>()>;

namespace conformance {

using cache::ClearMode;
using cache::ContentKind;
using cache::KeyPattern;
using cache::LookupOutcome;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline void KeepsAndFinds(StoreUnderTest& world) {
  const auto key = MakeKey(1);
  CHECK(world.store().available());
  CHECK(world.store().Lookup(key, kNever).outcome == LookupOutcome::kMiss);
  REQUIRE(world.store().Put(MakePut(key, hours(1)), kNever));
  const auto found = world.store().Lookup(key, kNever);
  REQUIRE(found.outcome == LookupOutcome::kHit);
  CHECK(found.entry->key == key);
  CHECK(found.entry->verdict.ai_score == 87.5);
  CHECK(found.entry->verdict.provider == "sightengine");
  CHECK(found.entry->verdict.sources.size() == 1);
  CHECK(found.entry->cost == Usd::FromMicros(10'000));
  CHECK(found.entry->media_type == "image/jpeg");
  CHECK(found.entry->bytes == 61'720);
  CHECK(found.entry->detectors == "sightengine:genai");
  CHECK_FALSE(found.entry->foreign);
  CHECK(found.life_known);
  CHECK(found.entry->stored_at == MakeEntry(key)->stored_at);
  CHECK(found.ttl <= hours(1));
  CHECK(found.ttl >= hours(1) - world.ttl_tolerance());
}

inline void TellsKindsApart(StoreUnderTest& world) {
  const auto file = MakeKey(1, ContentKind::kAnalysis);
  const auto text = MakeKey(1, ContentKind::kText);
  REQUIRE(world.store().Put(MakePut(file, hours(1), 10), kNever));
  CHECK(world.store().Lookup(text, kNever).outcome == LookupOutcome::kMiss);
  REQUIRE(world.store().Put(MakePut(text, hours(1), 90), kNever));
  CHECK(world.store().Lookup(file, kNever).entry->verdict.ai_score == 10);
  CHECK(world.store().Lookup(text, kNever).entry->verdict.ai_score == 90);
}

inline void Replaces(StoreUnderTest& world) {
  const auto key = MakeKey(1);
  REQUIRE(world.store().Put(MakePut(key, hours(1), 10), kNever));
  REQUIRE(world.store().Put(MakePut(key, hours(2), 20), kNever));
  const auto found = world.store().Lookup(key, kNever);
  REQUIRE(found.outcome == LookupOutcome::kHit);
  CHECK(found.entry->verdict.ai_score == 20);
  CHECK(found.ttl > hours(1));
}

inline void ForgetsAfterTheTtl(StoreUnderTest& world) {
  const auto short_lived = MakeKey(1);
  const auto long_lived = MakeKey(2);
  REQUIRE(world.store().Put(MakePut(short_lived, world.short_ttl()), kNever));
  REQUIRE(world.store().Put(MakePut(long_lived, hours(1)), kNever));
  world.PassTime(world.short_ttl());
  CHECK(world.store().Lookup(short_lived, kNever).outcome == LookupOutcome::kMiss);
  const auto found = world.store().Lookup(long_lived, kNever);
  REQUIRE(found.outcome == LookupOutcome::kHit);
  CHECK(found.ttl <= hours(1) - world.short_ttl());
  const auto report = world.store().Clear(KeyPattern::All(), ClearMode::kDryRun, kNever);
  REQUIRE(report);
  CHECK(report->total() == 1);
}

inline void FindsManyInOrder(StoreUnderTest& world) {
  std::vector<cache::CacheKey> asked;
  for (unsigned i = 0; i < 100; ++i) {
    asked.push_back(MakeKey(i, i % 3 == 0 ? ContentKind::kText : ContentKind::kAnalysis));
    if (i % 2 == 0) REQUIRE(world.store().Put(MakePut(asked.back(), hours(1), i), kNever));
  }
  const auto found = world.store().LookupMany(asked, kNever);
  REQUIRE(found.size() == asked.size());
  for (unsigned i = 0; i < 100; ++i) {
    CAPTURE(i);
    REQUIRE((found[i].outcome == LookupOutcome::kHit) == (i % 2 == 0));
    if (i % 2 == 0) CHECK(found[i].entry->verdict.ai_score == i);
  }
  CHECK(world.store().LookupMany({}, kNever).empty());
}

inline void ClearsByPattern(StoreUnderTest& world) {
  for (unsigned i = 0; i < 30; ++i) {
    REQUIRE(world.store().Put(MakePut(MakeKey(i), hours(1)), kNever));
    if (i >= 10) continue;
    REQUIRE(world.store().Put(MakePut(MakeKey(i, ContentKind::kText), hours(1)), kNever));
  }
  const auto count = [&](const char* pattern, ClearMode mode) {
    const auto report = world.store().Clear(*KeyPattern::Parse(pattern), mode, kNever);
    REQUIRE(report);
    return std::pair(report->analysis, report->text);
  };
  using Counts = std::pair<std::uint64_t, std::uint64_t>;
  CHECK(count("*", ClearMode::kDryRun) == Counts(30, 10));
  const std::string one = world.keys().NameOf(MakeKey(3));
  CHECK(count(one.c_str(), ClearMode::kDryRun) == Counts(1, 0));
  CHECK(count((one.substr(0, 30) + "*").c_str(), ClearMode::kDelete) == Counts(1, 0));
  CHECK(world.store().Lookup(MakeKey(3), kNever).outcome == LookupOutcome::kMiss);
  CHECK(count("a*:*", ClearMode::kDryRun) == Counts(29, 0));
  CHECK(count("nothing:*", ClearMode::kDelete) == Counts(0, 0));
  CHECK(count("analysis:*", ClearMode::kDelete) == Counts(29, 0));
  CHECK(world.store().Lookup(MakeKey(4), kNever).outcome == LookupOutcome::kMiss);
  CHECK(world.store().Lookup(MakeKey(4, ContentKind::kText), kNever).outcome ==
        LookupOutcome::kHit);
  CHECK(count("*", ClearMode::kDelete) == Counts(0, 10));
  CHECK(count("*", ClearMode::kDelete) == Counts(0, 0));
}

inline void ClearsByTheContentsHash(StoreUnderTest& world) {
  for (unsigned i = 0; i < 3; ++i) {
    REQUIRE(world.store().Put(MakePut(MakeKey(i), hours(1)), kNever));
    REQUIRE(world.store().Put(MakePut(MakeKey(i, ContentKind::kText), hours(1)), kNever));
  }
  const auto clear = [&](const std::string& by_content, ClearMode mode) {
    const auto pattern = world.keys().StoredPattern(*KeyPattern::Parse(by_content));
    REQUIRE(pattern);
    const auto report = world.store().Clear(*pattern, mode, kNever);
    REQUIRE(report);
    return report->total();
  };
  // As answers name it, whatever its name in the store is.
  const std::string one = MakeKey(1).ToString();
  CHECK(clear(one, ClearMode::kDryRun) == 1);
  CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(clear(one, ClearMode::kDelete) == 1);
  CHECK(clear(one, ClearMode::kDelete) == 0);
  CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
  CHECK(world.store().Lookup(MakeKey(1, ContentKind::kText), kNever).outcome ==
        LookupOutcome::kHit);
  CHECK(clear("*:" + MakeKey(2).digest.ToHex(), ClearMode::kDelete) == 2);
  CHECK(clear("*", ClearMode::kDryRun) == 3);
}

inline void ClearsNothingOfOthers(StoreUnderTest& world) {
  const std::string hex = MakeKey(1).digest.ToHex();
  std::string upper = hex;
  for (char& c : upper) c = c >= 'a' ? static_cast<char>(c - 32) : c;
  const std::string& prefix = world.keys().prefix();
  const std::vector<std::string> others = {prefix + "analysis:" + upper,
                                           prefix + "analysis:" + hex.substr(1),
                                           prefix + "analysis:" + hex + "0",
                                           "other:" + prefix + "analysis:" + hex,
                                           prefix + "session:" + hex,
                                           prefix + "lease:{analysis:" + hex + "}",
                                           prefix + "stats:x",
                                           prefix + "analysis:",
                                           "analysis",
                                           prefix + "text:" + hex.substr(2) + "*?"};
  for (const std::string& key : others) {
    if (!world.SeedRaw(key, "theirs", hours(1))) return;
  }
  REQUIRE(world.store().Put(MakePut(MakeKey(1), hours(1)), kNever));
  for (const char* pattern : {"*", "analysis:*", "text:*", "*:*", "?*"}) {
    REQUIRE(world.store().Clear(*KeyPattern::Parse(pattern), ClearMode::kDelete, kNever));
  }
  CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
  for (const std::string& key : others) {
    CAPTURE(key);
    CHECK(world.ReadRaw(key) == "theirs");
  }
}

inline void ReadsForeignEntries(StoreUnderTest& world) {
  const auto key = MakeKey(1);
  const std::string store_key = world.keys().StoreKey(key);
  if (!world.SeedRaw(store_key, R"({"aiScore":12,"isAi":true})", hours(1))) return;
  const auto found = world.store().Lookup(key, kNever);
  REQUIRE(found.outcome == LookupOutcome::kHit);
  CHECK(found.entry->verdict.ai_score == 12);
  CHECK_FALSE(found.entry->verdict.is_ai());
  CHECK(found.entry->foreign);
  CHECK(found.entry->stored_at == WallTime{});
  CHECK(found.entry->verdict.analyzed_at == WallTime{});
  CHECK(found.life_known);
  CHECK(found.ttl <= hours(1));
  CHECK(found.ttl > hours(1) - std::chrono::minutes(1));
  CHECK(world.store().LookupMany({&key, 1}, kNever).front().ttl >
        hours(1) - std::chrono::minutes(1));
  unsigned number = 2;  // another key for each: a tier in front may remember the first
  for (const char* miss : {R"({"aiScore":12,"demo":true})", R"({"isAi":true})"}) {
    const auto missing = MakeKey(number++);
    REQUIRE(world.SeedRaw(world.keys().StoreKey(missing), miss, hours(1)));
    CHECK(world.store().Lookup(missing, kNever).outcome == LookupOutcome::kMiss);
  }
}

inline void TellsCorruptFromMiss(StoreUnderTest& world) {
  const auto key = MakeKey(1);
  const std::string store_key = world.keys().StoreKey(key);
  const auto& keys = world.keys();
  const std::string of_another =
      cache::EncodeEntry(*MakeEntry(MakeKey(2)), {}, keys.StoredDigest(MakeKey(2)));
  const std::string of_another_kind =
      cache::EncodeEntry(*MakeEntry(MakeKey(1, ContentKind::kText)), {}, keys.StoredDigest(key));
  for (const std::string& garbage : {std::string("garbage"), std::string("\x28\xB5\x2F\xFDgarbage"),
                                     of_another, of_another_kind}) {
    if (!world.SeedRaw(store_key, garbage, hours(1))) return;
    const auto found = world.store().Lookup(key, kNever);
    CHECK(found.outcome == LookupOutcome::kCorrupt);
    CHECK_FALSE(found.reason.empty());
    CHECK(world.store().LookupMany({&key, 1}, kNever).front().outcome == LookupOutcome::kCorrupt);
  }
  REQUIRE(world.store().Put(MakePut(key, hours(1)), kNever));
  CHECK(world.store().Lookup(key, kNever).outcome == LookupOutcome::kHit);
}

inline void StoresWhatTheFormatSays(StoreUnderTest& world) {
  const auto key = MakeKey(1);
  REQUIRE(world.store().Put(MakePut(key, hours(1)), kNever));
  const auto raw = world.ReadRaw(world.keys().StoreKey(key));
  if (!raw) return;
  CHECK(raw->starts_with(R"({"aiScore":87.5,"isAi":true,)"));
  if (world.keys().keyed()) {
    CHECK(raw->find(key.digest.ToHex()) == std::string::npos);
    CHECK_FALSE(world.ReadRaw(world.keys().prefix() + key.ToString()));
  }
}

inline void UnavailableIsNeverAMiss(StoreUnderTest& world) {
  const auto key = MakeKey(1);
  if (!world.MakeUnavailable()) return;
  const auto found = world.store().Lookup(key, kNever);
  CHECK(found.outcome == LookupOutcome::kUnavailable);
  CHECK_FALSE(found.reason.empty());
  const auto many = world.store().LookupMany(std::vector{key, MakeKey(2)}, kNever);
  REQUIRE(many.size() == 2);
  CHECK(many[1].outcome == LookupOutcome::kUnavailable);
  const auto kept = world.store().Put(MakePut(key, hours(1)), kNever);
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == ErrorCode::kStoreUnavailable);
  CHECK_FALSE(world.store().Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  CHECK_FALSE(world.store().available());
  if (world.counters() != nullptr) {
    const WallTime now = world.clock().WallNow();
    CHECK_FALSE(world.counters()->Read(now, kNever));
    CHECK_FALSE(world.counters()->ReadRange({.first = now, .count = 1}, kNever));
  }
}

inline void ServesManyThreads(StoreUnderTest& world) {
  constexpr unsigned kThreads = 8;
  constexpr unsigned kRounds = 40;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&world, &wrong, t] {
      for (unsigned i = 0; i < kRounds; ++i) {
        const unsigned number = (t + i) % 10;
        if (i % 4 == 0) {
          if (!world.store().Put(MakePut(MakeKey(number), hours(1), number), kNever)) ++wrong;
        } else if (i % 20 == 19) {
          if (!world.store().Clear(*KeyPattern::Parse("text:*"), ClearMode::kDelete, kNever)) {
            ++wrong;
          }
        } else {
          const auto found = world.store().Lookup(MakeKey(number), kNever);
          if (found.outcome == LookupOutcome::kHit && found.entry->verdict.ai_score != number) {
            ++wrong;
          }
          if (found.outcome > LookupOutcome::kMiss) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  for (unsigned i = 0; i < 10; ++i) {
    CHECK(world.store().Lookup(MakeKey(i), kNever).outcome == LookupOutcome::kHit);
  }
}

}  // namespace conformance

/// Runs every promise on a fresh store of `make`.
inline void RunVerdictStoreConformance(const StoreFactory& make) {
  using Promise = void (*)(StoreUnderTest&);
  constexpr std::pair<const char*, Promise> kPromises[] = {
      {"keeps and finds a verdict whole", conformance::KeepsAndFinds},
      {"tells files from texts of the same digest", conformance::TellsKindsApart},
      {"replaces what was there", conformance::Replaces},
      {"forgets after the TTL, and not before", conformance::ForgetsAfterTheTtl},
      {"finds many in their order", conformance::FindsManyInOrder},
      {"clears what a pattern selects, and counts it", conformance::ClearsByPattern},
      {"clears one content by its hash, whatever the stored name",
       conformance::ClearsByTheContentsHash},
      {"clears nothing of others (rule R9)", conformance::ClearsNothingOfOthers},
      {"reads foreign entries, and never demonstrations", conformance::ReadsForeignEntries},
      {"tells corrupt from missing (rule R8)", conformance::TellsCorruptFromMiss},
      {"stores readable JSON without the plain digest", conformance::StoresWhatTheFormatSays},
      {"counts together with the verdict", conformance::CountsWithTheVerdict},
      {"counts by hour and day", conformance::CountsByHourAndDay},
      {"resets totals, and nothing else", conformance::ResetsTotals},
      {"never takes unavailable for a miss", conformance::UnavailableIsNeverAMiss},
      {"serves many threads", conformance::ServesManyThreads},
  };
  for (const auto& [name, promise] : kPromises) {
    SUBCASE(name) {
      const std::unique_ptr<StoreUnderTest> world = make();
      promise(*world);
    }
  }
}

}  // namespace vcache::test
