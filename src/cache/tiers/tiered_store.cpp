#include "vcache/cache/tiers/tiered_store.h"

#include <utility>

namespace vcache::cache {

/// Empties memory when another process has cleared a store that tells of it by a number only. Each
/// look-up asks first: what is cleared is not served afterwards.
void TieredStore::CatchUpWithClears() {
  if (memory_ == nullptr || backing_ == nullptr) return;
  const std::optional<std::int64_t> now = backing_->clears();
  if (!now || *now == clears_behind_) return;
  const WriterLock lock(clear_mutex_);
  if (*now <= clears_behind_) return;
  DropFromMemory(KeyPattern::All());
  clears_behind_ = *now;
}

void TieredStore::Promote(const LookupResult& found, std::uint64_t clears_seen) {
  if (memory_ == nullptr || found.outcome != LookupOutcome::kHit) return;
  const ReaderLock lock(clear_mutex_);
  if (clears_.load() != clears_seen) return;
  memory_->Promote(found);
}

LookupResult TieredStore::LookupMemory(const CacheKey& key) {
  CatchUpWithClears();
  return memory_ != nullptr ? memory_->Lookup(key, Deadline::Never()) : LookupResult{};
}

LookupResult TieredStore::Lookup(const CacheKey& key, Deadline deadline) {
  CatchUpWithClears();
  if (memory_ != nullptr) {
    LookupResult front = memory_->Lookup(key, deadline);
    if (front.outcome == LookupOutcome::kHit || backing_ == nullptr) return front;
  }
  if (backing_ == nullptr) return {};
  const std::uint64_t clears_seen = clears_.load();
  LookupResult behind = backing_->Lookup(key, deadline);
  Promote(behind, clears_seen);
  FillInOutage(key, behind);
  return behind;
}

void TieredStore::FillInOutage(const CacheKey& key, LookupResult& behind) {
  if (memory_ == nullptr || behind.outcome != LookupOutcome::kUnavailable) return;
  LookupResult front = memory_->LookupInOutage(key);
  if (front.outcome == LookupOutcome::kHit) behind = std::move(front);
}

std::vector<LookupResult> TieredStore::LookupMany(std::span<const CacheKey> keys,
                                                  Deadline deadline) {
  CatchUpWithClears();
  std::vector<LookupResult> results = memory_ != nullptr ? memory_->LookupMany(keys, deadline)
                                                         : std::vector<LookupResult>(keys.size());
  if (backing_ == nullptr) return results;
  std::vector<CacheKey> missing;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (results[i].outcome == LookupOutcome::kHit) continue;
    missing.push_back(keys[i]);
    places.push_back(i);
  }
  if (missing.empty()) return results;
  const std::uint64_t clears_seen = clears_.load();
  std::vector<LookupResult> behind = backing_->LookupMany(missing, deadline);
  for (std::size_t i = 0; i < places.size(); ++i) {
    Promote(behind[i], clears_seen);
    FillInOutage(missing[i], behind[i]);
    results[places[i]] = std::move(behind[i]);
  }
  return results;
}

Result<void> TieredStore::Put(const PutRequest& request, Deadline deadline) {
  const std::uint64_t clears_seen = clears_.load();
  Result<void> kept = backing_ != nullptr ? backing_->Put(request, deadline) : Result<void>();
  if (memory_ == nullptr) return kept;
  const ReaderLock lock(clear_mutex_);
  // After a concurrent clear the backing store may have lost the verdict again. A verdict that it
  // refused exists only in memory, so it stays.
  if (backing_ != nullptr && kept.has_value() && clears_.load() != clears_seen) return kept;
  if (!kept) {
    memory_->PutUnbacked(request);
    return kept;
  }
  const Result<void> ignored = memory_->Put(request, deadline);
  (void)ignored;  // memory never fails
  return kept;
}

Result<ClearReport> TieredStore::Clear(const KeyPattern& pattern, ClearMode mode,
                                       Deadline deadline) {
  if (mode == ClearMode::kDelete) clears_.fetch_add(1);
  Result<ClearReport> behind =
      backing_ != nullptr ? backing_->Clear(pattern, mode, deadline) : ClearReport{};
  if (memory_ == nullptr) return behind;
  const auto own = backing_ != nullptr && behind ? backing_->clears() : std::nullopt;
  const WriterLock lock(clear_mutex_);
  if (mode == ClearMode::kDelete && own == clears_behind_ + 1) clears_behind_ = *own;
  if (mode == ClearMode::kDelete) clears_.fetch_add(1);
  const MemoryClearReport front = memory_->ClearHere(pattern, mode);
  if (backing_ == nullptr) return front.all;
  if (behind) *behind += front.unbacked;  // the rest are copies of entries already counted
  return behind;
}

void TieredStore::ClearMemory(const KeyPattern& pattern) {
  const WriterLock lock(clear_mutex_);
  DropFromMemory(pattern);
}

void TieredStore::DropFromMemory(const KeyPattern& pattern) {
  clears_.fetch_add(1);  // a read of the backing store may have begun before
  if (memory_ == nullptr) return;
  const auto ignored = memory_->Clear(pattern, ClearMode::kDelete, Deadline::Never());
  (void)ignored;  // memory never fails
}

bool TieredStore::available() const noexcept {
  return backing_ != nullptr ? backing_->available() : memory_ != nullptr;
}

std::optional<SteadyTime> TieredStore::away_since() const noexcept {
  return backing_ != nullptr ? backing_->away_since() : std::nullopt;
}

}  // namespace vcache::cache
