#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "vcache/cache/verdict_store.h"
#include "vcache/core/clock.h"

namespace vcache::test {

/// A store and the world behind it. Each instance begins empty. Where a world cannot do something
/// (a memory store holds no raw bytes), the function says so and the promises that need it are left
/// out.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;

  virtual cache::VerdictStore& store() = 0;
  /// The counters of the same store; null where it ignores them.
  virtual cache::CounterStore* counters() { return nullptr; }
  virtual const Clock& clock() const = 0;
  /// Lets `time` pass for the store: by a fake clock, or by really waiting.
  virtual void PassTime(std::chrono::seconds time) = 0;
  /// A life that `PassTime` can outlast: short where time really passes.
  virtual std::chrono::seconds short_ttl() const { return std::chrono::seconds(60); }
  /// How much a reported TTL may be less than what was asked for.
  virtual std::chrono::milliseconds ttl_tolerance() const { return std::chrono::milliseconds(0); }

  /// The key space that the store was made with.
  virtual const cache::KeySpace& keys() const = 0;
  /// Writes bytes under a key as other software would; false when this world cannot.
  virtual bool SeedRaw(const std::string& /*store_key*/, const std::string& /*value*/,
                       std::chrono::seconds /*ttl*/) {
    return false;
  }
  /// The bytes under a key; empty when there are none or this world cannot.
  virtual std::optional<std::string> ReadRaw(const std::string& /*store_key*/) { return {}; }
  /// Makes the world behind unreachable; false when this world cannot.
  virtual bool MakeUnavailable() { return false; }
};

inline cache::CacheKey MakeKey(unsigned number,
                               cache::ContentKind kind = cache::ContentKind::kAnalysis) {
  content::ContentDigest::Bytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    // Spread like a digest's bytes, and different for each number.
    bytes[i] = static_cast<std::byte>((number * 2654435761U >> (8 * (i % 4))) + 37 * i);
  }
  for (std::size_t i = 0; i < 4; ++i) bytes[8 + i] = static_cast<std::byte>(number >> (8 * i));
  return {kind, content::ContentDigest(bytes)};
}

inline cache::SharedEntry MakeEntry(const cache::CacheKey& key, double score = 87.5) {
  cache::Entry entry;
  entry.key = key;
  entry.verdict.ai_score = score;
  entry.verdict.provider = "sightengine";
  entry.verdict.sources.push_back({"sightengine", score, {}, {}, ScoreKind::kProbability, "", ""});
  entry.verdict.consensus = "1/1";
  entry.verdict.analyzed_at = WallTime(std::chrono::seconds(1'767'225'600));
  entry.stored_at = entry.verdict.analyzed_at;
  entry.cost = Usd::FromMicros(10'000);
  entry.media_type = "image/jpeg";
  entry.bytes = 61'720;
  entry.detectors = "sightengine:genai";
  return std::make_shared<const cache::Entry>(std::move(entry));
}

inline cache::PutRequest MakePut(const cache::CacheKey& key, std::chrono::seconds ttl,
                                 double score = 87.5) {
  return {MakeEntry(key, score), ttl, {}};
}

}  // namespace vcache::test
