// Under which names a flight finds what is known.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "analysis/flight_runner.h"

namespace vcache::analysis {

using cache::CacheKey;
using cache::LookupOutcome;
using cache::LookupResult;
using detection::MediaKind;

CacheKey BesideNewer(CacheKey key) {
  static const std::uint64_t kBeside = cache::VariantOf("format 1");
  key.variant ^= kBeside;
  return key;
}

CacheKey FlightRunner::KeyOf(const CacheKey& usual, MediaKind kind) const {
  CacheKey key = usual;
  if (options_.same_detectors) key.variant = cache::VariantOf(panel_.Fingerprint(kind));
  return key;
}

LookupResult FlightRunner::LookUpMemory(const Content& content) const {
  LookupResult found = store_.LookupMemory(content.key);
  // A verdict from before the option, or of a replica without it, has the usual name.
  if (content.key.variant == 0 || Serves(found, MediaKindOf(content))) return found;
  return store_.LookupMemory(content.key.Usual());
}

/// The found entry, or where a newer version's entry stands, the one beside it.
LookupResult FlightRunner::PastNewer(const CacheKey& key, LookupResult found) const {
  if (!found.newer) return found;
  LookupResult beside = store_.Lookup(BesideNewer(key), StoreDeadline());
  if (beside.outcome == LookupOutcome::kHit) return beside;
  if (beside.outcome == LookupOutcome::kUnavailable) found = std::move(beside);
  found.newer = true;
  return found;
}

LookupResult FlightRunner::ReadStores(const Content& content) const {
  const CacheKey& key = content.key;
  if (key.variant == 0) return PastNewer(key, store_.Lookup(key, StoreDeadline()));
  const std::array<CacheKey, 2> names{key, key.Usual()};
  std::vector<LookupResult> results = store_.LookupMany(names, StoreDeadline());
  LookupResult& usual = results[1];
  if (results[0].outcome != LookupOutcome::kHit && Serves(usual, MediaKindOf(content))) {
    return std::move(usual);
  }
  // As long as nobody can say what has the usual name, a miss is none.
  const bool is_open =
      results[0].outcome == LookupOutcome::kMiss && usual.outcome == LookupOutcome::kUnavailable;
  return is_open ? std::move(usual) : PastNewer(key, std::move(results[0]));
}

LookupResult FlightRunner::LookUpAnyMemory(const CacheKey& usual) const {
  // With one name only: else another name may hold the better verdict.
  if (options_.same_detectors) return {};
  return store_.LookupMemory(usual);
}

LookupResult FlightRunner::LookUpAny(const CacheKey& usual, Deadline deadline) const {
  std::vector<CacheKey> names{usual};
  const auto add = [&](const CacheKey& key) {
    if (std::find(names.begin(), names.end(), key) == names.end()) names.push_back(key);
  };
  if (usual.kind == cache::ContentKind::kText) {
    add(KeyOf(usual, MediaKind::kText));
  } else {
    for (const MediaKind kind : {MediaKind::kImage, MediaKind::kVideo}) add(KeyOf(usual, kind));
  }
  if (names.size() == 1) return PastNewer(usual, store_.Lookup(usual, deadline));
  std::vector<LookupResult> results = store_.LookupMany(names, deadline);
  // The own verdict first, then any.
  for (std::size_t i = names.size(); i-- > 0;) {
    results[i] = PastNewer(names[i], std::move(results[i]));
    if (results[i].outcome == LookupOutcome::kHit) return std::move(results[i]);
  }
  return std::move(results.front());
}

}  // namespace vcache::analysis
