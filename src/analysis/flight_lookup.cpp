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

namespace {

/// Stores keep the time of a verdict in whole seconds.
std::chrono::sys_seconds SecondOf(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

/// With a limit of 0 none is.
bool IsYoungEnough(const cache::Entry& entry, std::chrono::seconds most, WallTime now) {
  return most.count() > 0 && entry.stored_at != WallTime{} &&
         SecondOf(now) - SecondOf(entry.stored_at) <= most;
}

bool Differs(const LookupResult& found, const LookupResult& before) {
  if (before.entry == nullptr) return true;
  const cache::Entry& one = *found.entry;
  const cache::Entry& other = *before.entry;
  const bool told = !found.write_id.empty() && !before.write_id.empty();
  return SecondOf(one.stored_at) != SecondOf(other.stored_at) ||
         one.verdict.ai_score != other.verdict.ai_score ||
         (told && found.write_id != before.write_id);
}

}  // namespace

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
  return std::move(LookUpAny({&usual, 1}, deadline).front());
}

/// The names under which the verdict of any kind of medium may be stored, the usual one first.
std::vector<CacheKey> FlightRunner::NamesOf(const CacheKey& usual) const {
  std::vector<CacheKey> names{usual};
  const auto add = [&](const CacheKey& key) {
    if (std::find(names.begin(), names.end(), key) == names.end()) names.push_back(key);
  };
  if (usual.kind == cache::ContentKind::kText) {
    add(KeyOf(usual, MediaKind::kText));
  } else {
    for (const MediaKind kind : {MediaKind::kImage, MediaKind::kVideo}) add(KeyOf(usual, kind));
  }
  return names;
}

std::vector<LookupResult> FlightRunner::LookUpAny(std::span<const CacheKey> usual,
                                                  Deadline deadline) const {
  std::vector<CacheKey> names;
  std::vector<std::size_t> ends;
  for (const CacheKey& key : usual) {
    const std::vector<CacheKey> of_key = NamesOf(key);
    names.insert(names.end(), of_key.begin(), of_key.end());
    ends.push_back(names.size());
  }
  std::vector<LookupResult> found;
  if (names.size() == 1) {
    found.push_back(PastNewer(names.front(), store_.Lookup(names.front(), deadline)));
    return found;
  }
  std::vector<LookupResult> results = store_.LookupMany(names, deadline);
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    // The own verdict first, then any.
    std::size_t best = end - 1;
    for (;; --best) {
      results[best] = PastNewer(names[best], std::move(results[best]));
      if (best == begin || results[best].outcome == LookupOutcome::kHit) break;
    }
    found.push_back(std::move(results[best]));
    begin = end;
  }
  return found;
}

bool FlightRunner::Serves(const LookupResult& found, MediaKind kind) const {
  if (found.outcome != LookupOutcome::kHit) return false;
  // By default any detector's verdict is served until it expires.
  return !options_.same_detectors || found.entry->detectors == panel_.Fingerprint(kind);
}

bool FlightRunner::Answers(const LookupResult& found, const Content& content) const {
  if (!Serves(found, MediaKindOf(content))) return false;
  return !content.use.max_age ||
         IsYoungEnough(*found.entry, *content.use.max_age, clock_.WallNow());
}

/// Whether what was found ends the flight. Of the wish for a new verdict the clock alone cannot
/// judge: a call that another replica made meanwhile is good enough, whatever its clock says, and a
/// second call for it would be the same work paid for twice.
LookupSummary FlightRunner::Summarize(FlightContext& context, const LookupResult& found,
                                      const Content& content) const {
  if (!Serves(found, MediaKindOf(content))) {
    return found.outcome == LookupOutcome::kUnavailable ? LookupSummary::kUnavailable
                                                        : LookupSummary::kNothing;
  }
  if (!content.use.max_age || IsYoungEnough(*found.entry, *content.use.max_age, context.begun)) {
    return LookupSummary::kVerdict;
  }
  const bool may_be_new =
      context.has_waited || SecondOf(found.entry->stored_at) >= SecondOf(context.begun);
  if (context.has_looked && may_be_new && Differs(found, context.outdated)) {
    return LookupSummary::kVerdict;
  }
  context.outdated = found;
  return LookupSummary::kNothing;
}

/// Only the first verdict is stored, as a cache would have done: its life is not begun anew by
/// those who would have been answered with it.
void FlightRunner::LookUpInShadow(FlightContext& context, const Content& content) {
  const LookupResult found = ReadStores(content);
  if (found.outcome == LookupOutcome::kCorrupt) observer_.OnCorrupt(content.key, found.reason);
  const bool is_hit = Answers(found, content);
  context.keeps = !is_hit && !found.newer;
  observer_.OnShadow(content.key, content.file_name, is_hit,
                     is_hit ? WorthOf(*found.entry, content) : Usd());
}

/// After a wait for another flight of this process for the same content.
std::optional<Analysis> FlightRunner::LookAgain(FlightContext& context, const Content& content) {
  context.has_waited = true;
  LookupResult found = ReadStores(content);
  if (Summarize(context, found, content) != LookupSummary::kVerdict) return std::nullopt;
  const Usd saved = WorthOf(*found.entry, content);
  Analysis analysis = AnalysisOf(std::move(found), saved);
  analysis.status = CacheStatus::kCoalesced;
  return analysis;
}

}  // namespace vcache::analysis
