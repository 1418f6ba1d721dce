#include "vcache/cache/sqlite/write_behind_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cache/sqlite/sqlite_outbox.h"
#include "cache/sqlite/write_behind.h"
#include "cache/times.h"

namespace vcache::cache {
namespace {

using Purpose = WriteQueue::Purpose;
using Waiting = WriteQueue::Waiting;

constexpr std::size_t kWriteBatch = 64;
constexpr std::chrono::milliseconds kWriteInterval{100};
constexpr std::chrono::milliseconds kLongestWritePause{2'000};
/// How long the thread waits for other processes in one attempt; a clear waits for the thread.
constexpr std::chrono::milliseconds kWritePatience{1'000};

/// What a clear leaves of a write.
CounterWrite CountsOf(const Waiting& waiting) {
  return {waiting.request.counters, waiting.made_at, waiting.request.id};
}

}  // namespace

void WriteBehind::Start() {
  task_.Start(kWriteInterval, [this, pause = kWriteInterval]() mutable {
    pause = WriteNow() ? kWriteInterval : std::min(2 * pause, kLongestWritePause);
    return pause;
  });
}

void WriteBehind::Stop() {
  task_.Stop();
  if (!WriteNow()) TellLost();
}

void WriteBehind::TellLost() {
  std::size_t lost = 0;
  for (const Waiting& waiting : queue_.All()) {
    if (waiting.purpose != Purpose::kCopy) ++lost;
    queue_.Remove(waiting.number);
  }
  if (lost == 0) return;
  logger_.Error("Verdicts that were paid for are lost: the local store did not take them",
                {{"verdicts", static_cast<std::int64_t>(lost)}});
}

bool WriteBehind::WriteNow() {
  if (queue_.empty() && !is_refused_) return true;
  const MutexLock lock(write_mutex_);
  for (;;) {
    const std::vector<Waiting> batch = queue_.Oldest(kWriteBatch);
    if (batch.empty()) break;
    const Result<void> written = WriteBatch(batch);
    if (written) continue;
    is_refused_ = true;
    if (!is_told_.exchange(true)) {
      logger_.Warn("Verdicts wait in memory: the local store does not take them",
                   {{"reason", written.error().message}});
    }
    return false;
  }
  is_refused_ = false;
  if (is_told_.exchange(false)) logger_.Info("The verdicts that waited are in the local store");
  return true;
}

/// Neighbours of the same kind go to the disk together.
Result<void> WriteBehind::WriteBatch(std::span<const Waiting> batch) {
  while (!batch.empty()) {
    std::vector<PutRequest> together;
    for (const Waiting& waiting : batch) {
      if (waiting.purpose == Purpose::kOutbox || waiting.request.entry == nullptr) break;
      together.push_back(waiting.request);
      together.back().made_at = waiting.made_at;
    }
    const std::size_t count = std::max<std::size_t>(together.size(), 1);
    const Result<void> written =
        together.empty() ? WriteOne(batch.front())
                         : disk_.PutMany(together, Deadline::After(clock_, kWritePatience));
    if (!written) return written;
    for (const Waiting& waiting : batch.first(count)) queue_.Remove(waiting.number);
    batch = batch.subspan(count);
  }
  return {};
}

/// A write of the outbox, or what a clear has left of any.
Result<void> WriteBehind::WriteOne(const Waiting& waiting) {
  const Deadline deadline = Deadline::After(clock_, kWritePatience);
  PutRequest request = waiting.request;
  request.made_at = waiting.made_at;
  const bool is_outbox = waiting.purpose == Purpose::kOutbox;
  if (request.entry != nullptr) return disk_.PutPending(request, deadline);
  const CounterWrite counts = CountsOf(waiting);
  return is_outbox ? disk_.AddPending(counts, deadline) : disk_.Add(counts, deadline);
}

std::vector<LookupResult> WriteBehind::LookupMany(std::span<const CacheKey> keys,
                                                  Deadline deadline) {
  if (queue_.empty()) return disk_.LookupMany(keys, deadline);
  std::vector<LookupResult> results(keys.size());
  std::vector<CacheKey> open;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (auto waiting = queue_.Find(keys[i])) {
      results[i] = *std::move(waiting);
    } else {
      open.push_back(keys[i]);
      places.push_back(i);
    }
  }
  if (open.empty()) return results;
  std::vector<LookupResult> found = disk_.LookupMany(open, deadline);
  for (std::size_t i = 0; i < open.size(); ++i) results[places[i]] = std::move(found[i]);
  return results;
}

/// A verdict may not overtake an older one of its content.
template <typename Write>
Result<void> WriteBehind::WriteOrQueue(const PutRequest& request, Purpose purpose,
                                       const Write& write) {
  if (Result<void> valid = CheckPut(request); !valid) return valid;
  Result<void> refused =
      Error{ErrorCode::kStoreUnavailable,
            "The local store takes no verdicts, and no more can wait in memory."};
  if (!is_refused_ && !queue_.Find(request.entry->key)) {
    refused = write(Deadline::After(clock_, options_.patience));
    if (refused || refused.error().code != ErrorCode::kStoreUnavailable) return refused;
    is_refused_ = true;
  }
  return queue_.Add(request, purpose) ? Result<void>() : refused;
}

Result<void> WriteBehind::Put(const PutRequest& request, Deadline deadline) {
  return WriteOrQueue(request, Purpose::kVerdict, [&](Deadline patience) {
    return disk_.Put(request, deadline.Shortened(patience));
  });
}

Result<void> WriteBehind::PutPending(const PutRequest& request, Deadline deadline) {
  return WriteOrQueue(request, Purpose::kOutbox, [&](Deadline patience) {
    return disk_.PutPending(request, deadline.Shortened(patience));
  });
}

Result<ClearReport> WriteBehind::Clear(const KeyPattern& pattern, ClearMode mode,
                                       Deadline deadline) {
  const MutexLock lock(write_mutex_);
  const auto matches = [&](const Waiting& each) {
    return pattern.Matches(keys_.NameOf(each.request.entry->key));
  };
  std::set<CacheKey> waiting;
  for (const Waiting& each : queue_.All()) {
    const SharedEntry& entry = each.request.entry;
    if (entry != nullptr && matches(each)) waiting.insert(entry->key);
  }
  if (waiting.empty()) return disk_.Clear(pattern, mode, deadline);
  if (mode == ClearMode::kDelete) queue_.DropEntries(matches);
  const std::vector<CacheKey> keys(waiting.begin(), waiting.end());
  const std::vector<LookupResult> on_disk = disk_.LookupMany(keys, deadline);
  Result<ClearReport> report = disk_.Clear(pattern, mode, deadline);
  for (std::size_t i = 0; report && i < keys.size(); ++i) {
    if (on_disk[i].outcome == LookupOutcome::kHit) continue;
    ++(keys[i].kind == ContentKind::kText ? report->text : report->analysis);
  }
  return report;
}

std::vector<Waiting> WriteBehind::OfPurpose(Purpose purpose) {
  std::vector<Waiting> all = queue_.All();
  std::erase_if(all, [&](const Waiting& waiting) { return waiting.purpose != purpose; });
  return all;
}

/// Its number is 0: it is not on disk.
PendingWrite WriteBehind::PendingWriteOf(const Waiting& waiting) const {
  PutRequest request = waiting.request;
  request.made_at = waiting.made_at;
  if (request.entry != nullptr) {
    return PendingOf(request, clock_.WallNow(), keys_, options_.format);
  }
  return PendingOf(CountsOf(waiting));
}

Result<std::vector<PendingWrite>> WriteBehind::OldestPending(std::size_t at_most,
                                                             Deadline deadline) {
  auto oldest = disk_.OldestPending(at_most, deadline);
  if (queue_.empty() || (oldest && !oldest->empty())) return oldest;
  const std::vector<Waiting> waiting = OfPurpose(Purpose::kOutbox);
  if (waiting.empty()) return oldest;
  std::vector<PendingWrite> writes;
  for (const Waiting& each : waiting) {
    if (writes.size() < at_most) writes.push_back(PendingWriteOf(each));
  }
  return writes;
}

/// A write that has come to the disk meanwhile is delivered again under its id, without effect.
Result<void> WriteBehind::RemovePending(const PendingWrite& write, Deadline deadline) {
  if (write.number != 0) return disk_.RemovePending(write, deadline);
  queue_.MarkDelivered(write.id);
  return {};
}

Result<std::uint64_t> WriteBehind::CountPending(Deadline deadline) {
  auto count = disk_.CountPending(deadline);
  if (queue_.empty()) return count;
  const std::size_t waiting = OfPurpose(Purpose::kOutbox).size();
  if (!count && waiting == 0) return count;
  return (count ? *count : 0) + waiting;
}

Result<std::vector<PendingEntry>> WriteBehind::PendingEntries(const KeyPattern& pattern,
                                                              Deadline deadline) {
  auto entries = disk_.PendingEntries(pattern, deadline);
  if (!entries || queue_.empty()) return entries;
  std::set<std::string> seen;
  for (const PendingEntry& entry : *entries) seen.insert(entry.store_key);
  for (const Waiting& each : OfPurpose(Purpose::kOutbox)) {
    if (each.request.entry == nullptr) continue;
    const CacheKey& key = each.request.entry->key;
    const std::string store_key = keys_.StoreKey(key);
    if (!pattern.Matches(keys_.NameOf(key)) || !seen.insert(store_key).second) continue;
    entries->push_back({key.kind, store_key});
  }
  return entries;
}

/// Adds what waits to totals of the disk.
Result<CounterTotals> WriteBehind::WithWaiting(Result<CounterTotals> totals, Purpose purpose,
                                               WallTime now) {
  if (!totals || queue_.empty()) return totals;
  for (const Waiting& each : OfPurpose(purpose)) {
    totals->all += each.request.counters;
    if (SameDay(each.made_at, now)) totals->today += each.request.counters;
  }
  return totals;
}

Result<CounterSeries> WriteBehind::WithWaiting(const std::function<Result<CounterSeries>()>& read,
                                               Purpose purpose, const CounterRange& range) {
  if (queue_.empty()) return read();
  const MutexLock lock(write_mutex_);  // none moves to the disk meanwhile
  Result<CounterSeries> series = read();
  for (const Waiting& each : OfPurpose(purpose)) {
    const auto place = series ? range.IndexOf(each.made_at) : std::nullopt;
    if (place) series->at(*place) += each.request.counters;
  }
  return series;
}

Result<std::uint64_t> WriteBehind::DropCleared(std::span<const ClearRecord> clears,
                                               Deadline deadline) {
  const MutexLock lock(write_mutex_);
  std::uint64_t dropped = 0;
  queue_.DropEntries([&](const Waiting& waiting) {
    const std::string name = keys_.NameOf(waiting.request.entry->key);
    const bool is_cleared = std::any_of(clears.begin(), clears.end(), [&](const auto& clear) {
      return clear.Covers(name, waiting.made_at);
    });
    if (is_cleared && waiting.purpose == Purpose::kOutbox) ++dropped;
    return is_cleared;
  });
  const auto on_disk = disk_.DropCleared(clears, deadline);
  if (!on_disk) return on_disk;
  return *on_disk + dropped;
}

/// Writes what waits first: a copy that waits may be stale too.
Result<std::int64_t> WriteBehind::DropStaleCopies(std::int64_t clears, Deadline deadline) {
  if (!WriteNow()) {
    return Error{ErrorCode::kStoreUnavailable, "The local store cannot be written."};
  }
  return disk_.DropStaleCopies(clears, deadline);
}

Result<void> WriteBehind::TrimCopies(std::uint64_t max_bytes, Deadline deadline) {
  return disk_.TrimCopies(max_bytes, deadline);
}

std::unique_ptr<WriteBehindStore> MakeWriteBehindStore(LocalStore& disk, KeySpace keys,
                                                       WriteBehindOptions options, Clock& clock,
                                                       Logger& logger) {
  return std::make_unique<WriteBehind>(disk, std::move(keys), std::move(options), clock, logger);
}

}  // namespace vcache::cache
