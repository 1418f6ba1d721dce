#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cache/sqlite/write_queue.h"
#include "vcache/cache/sqlite/write_behind_store.h"
#include "vcache/core/periodic_task.h"

namespace vcache::cache {

/// What `MakeWriteBehindStore` makes.
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
  void PutCopy(const PutRequest& copy) override { queue_.Add(copy, WriteQueue::Purpose::kCopy); }
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
    return WithWaiting(disk_.Read(now, deadline), WriteQueue::Purpose::kVerdict, now);
  }
  Result<CounterSeries> ReadRange(const CounterRange& range, Deadline deadline) override {
    return WithWaiting([&] { return disk_.ReadRange(range, deadline); },
                       WriteQueue::Purpose::kVerdict, range);
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
    return WithWaiting(disk_.SumPending(now, deadline), WriteQueue::Purpose::kOutbox, now);
  }
  Result<CounterSeries> SumPendingRange(const CounterRange& range, Deadline limit) override {
    return WithWaiting([&] { return disk_.SumPendingRange(range, limit); },
                       WriteQueue::Purpose::kOutbox, range);
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
  Result<void> WriteOrQueue(const PutRequest& request, WriteQueue::Purpose purpose,
                            const Write& write);
  Result<void> WriteBatch(std::span<const WriteQueue::Waiting> batch);
  Result<void> WriteOne(const WriteQueue::Waiting& waiting);
  std::vector<WriteQueue::Waiting> OfPurpose(WriteQueue::Purpose purpose);
  PendingWrite PendingWriteOf(const WriteQueue::Waiting& waiting) const;
  Result<CounterTotals> WithWaiting(Result<CounterTotals> totals, WriteQueue::Purpose purpose,
                                    WallTime now);
  Result<CounterSeries> WithWaiting(const std::function<Result<CounterSeries>()>& read,
                                    WriteQueue::Purpose purpose, const CounterRange& range);
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

}  // namespace vcache::cache
