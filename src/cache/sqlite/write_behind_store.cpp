#include "vcache/cache/sqlite/write_behind_store.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <set>
#include <utility>

#include "cache/sqlite/sqlite_outbox.h"
#include "cache/sqlite/write_queue.h"
#include "cache/times.h"
#include "vcache/core/periodic_task.h"

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

class WriteBehind final : public WriteBehindStore {
 public:
  WriteBehind(LocalStore& disk, KeySpace keys, WriteBehindOptions options, Clock& clock,
              Logger& logger)
      : disk_(disk),
        keys_(std::move(keys)),
        options_(std::move(options)),
        clock_(clock),
        logger_(logger),
        queue_(options_.max_bytes, clock),
        task_(clock) {}
  ~WriteBehind() override { Stop(); }

  void Start() override;
  void Stop() override;
  bool WriteNow() override;

  LookupResult Lookup(const CacheKey& key, Deadline deadline) override {
    return std::move(LookupMany({&key, 1}, deadline).front());
  }
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override;
  Result<void> Put(const PutRequest& request, Deadline deadline) override;
  Result<void> PutMany(std::span<const PutRequest> requests, Deadline deadline) override {
    return disk_.PutMany(requests, deadline);
  }
  void PutCopy(const PutRequest& copy) override { queue_.Add(copy, Purpose::kCopy); }
  Result<void> HoldBack(const CacheKey& key, const ChargedFailure& failure,
                        Deadline deadline) override {
    return disk_.HoldBack(key, failure, deadline);
  }
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override;
  bool available() const noexcept override { return disk_.available() && !is_told_; }
  std::optional<std::int64_t> clears() override { return disk_.clears(); }

  Result<void> Add(const CounterWrite& write, Deadline deadline) override {
    return disk_.Add(write, deadline);
  }
  Result<CounterTotals> Read(WallTime now, Deadline deadline) override {
    return WithWaiting(disk_.Read(now, deadline), Purpose::kVerdict, now);
  }
  Result<CounterSeries> ReadRange(const CounterRange& range, Deadline deadline) override {
    return WithWaiting([&] { return disk_.ReadRange(range, deadline); }, Purpose::kVerdict, range);
  }

  /// What waits in memory is written first, as far as the disk takes it.
  Result<std::string> Page(const EntryQuery& query, const Visit& visit,
                           Deadline deadline) override {
    if (query.cursor.empty() && !is_refused_) WriteNow();
    return disk_.Page(query, visit, deadline);
  }
  Result<std::optional<KeptEntry>> Find(const CacheKey& stored, Deadline deadline) override {
    if (!is_refused_) WriteNow();
    return disk_.Find(stored, deadline);
  }
  Result<MergeReport> Merge(std::span<const EntryWrite> writes, Deadline deadline) override {
    if (!is_refused_) WriteNow();
    return disk_.Merge(writes, deadline);
  }

  Result<CounterTotals> ResetTotals(WallTime now, Deadline deadline) override {
    WriteNow();  // what waits was counted before
    return disk_.ResetTotals(now, deadline);
  }
  Result<void> PutPending(const PutRequest& request, Deadline deadline) override;
  Result<void> AddPending(const CounterWrite& write, Deadline deadline) override {
    return disk_.AddPending(write, deadline);
  }
  Result<std::vector<PendingWrite>> OldestPending(std::size_t at_most, Deadline deadline) override;
  Result<void> RemovePending(const PendingWrite& write, Deadline deadline) override;
  Result<std::uint64_t> CountPending(Deadline deadline) override;
  Result<std::vector<PendingEntry>> PendingEntries(const KeyPattern& pattern,
                                                   Deadline deadline) override;
  Result<CounterTotals> SumPending(WallTime now, Deadline deadline) override {
    return WithWaiting(disk_.SumPending(now, deadline), Purpose::kOutbox, now);
  }
  Result<CounterSeries> SumPendingRange(const CounterRange& range, Deadline limit) override {
    return WithWaiting([&] { return disk_.SumPendingRange(range, limit); }, Purpose::kOutbox,
                       range);
  }
  Result<std::uint64_t> DropCleared(std::span<const ClearRecord> clears,
                                    Deadline deadline) override;
  Result<std::optional<std::int64_t>> ClearsSeen(Deadline deadline) override {
    return disk_.ClearsSeen(deadline);
  }
  Result<std::int64_t> DropStaleCopies(std::int64_t clears, Deadline deadline) override;
  Result<void> TrimCopies(std::uint64_t max_bytes, Deadline deadline) override;
  Result<std::vector<StoredCopy>> ReadCopies(std::int64_t before, std::size_t at_most,
                                             Deadline deadline) override {
    return disk_.ReadCopies(before, at_most, deadline);
  }
  Result<void> NoteClear(std::int64_t clears, Deadline deadline) override {
    return disk_.NoteClear(clears, deadline);
  }

 private:
  template <typename Write>
  Result<void> WriteOrQueue(const PutRequest& request, Purpose purpose, const Write& write);
  Result<void> WriteBatch(std::span<const Waiting> batch);
  Result<void> WriteOne(const Waiting& waiting);
  std::vector<Waiting> OfPurpose(Purpose purpose);
  PendingWrite PendingWriteOf(const Waiting& waiting) const;
  Result<CounterTotals> WithWaiting(Result<CounterTotals> totals, Purpose purpose, WallTime now);
  Result<CounterSeries> WithWaiting(const std::function<Result<CounterSeries>()>& read,
                                    Purpose purpose, const CounterRange& range);
  void TellLost();

  LocalStore& disk_;
  const KeySpace keys_;
  const WriteBehindOptions options_;
  Clock& clock_;
  Logger& logger_;
  WriteQueue queue_;
  /// The last attempt failed: only the thread makes another.
  std::atomic<bool> is_refused_{false};
  std::atomic<bool> is_told_{false};  ///< As last logged; then verdicts cannot be kept.
  Mutex write_mutex_;                 ///< One write at a time, so that order is kept; no clear.
  PeriodicTask task_;                 // the last member: its thread uses the others
};

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

}  // namespace

std::unique_ptr<WriteBehindStore> MakeWriteBehindStore(LocalStore& disk, KeySpace keys,
                                                       WriteBehindOptions options, Clock& clock,
                                                       Logger& logger) {
  return std::make_unique<WriteBehind>(disk, std::move(keys), std::move(options), clock, logger);
}

}  // namespace vcache::cache
