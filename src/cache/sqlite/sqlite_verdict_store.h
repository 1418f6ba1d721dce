#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "cache/sqlite/sqlite_database.h"
#include "cache/sqlite/sqlite_entries.h"
#include "cache/stats_keys.h"
#include "cache/times.h"
#include "vcache/cache/sqlite/sqlite_store.h"
#include "vcache/cache/trusted_time.h"

namespace vcache::cache {

/// The store of `OpenSqliteStore`. Its parts: sqlite_store.cpp, sqlite_store_outbox.cpp.
class SqliteVerdictStore final : public LocalStore {
 public:
  SqliteVerdictStore(SqliteStoreOptions options, KeySpace keys, Clock& clock, Logger& logger,
                     std::unique_ptr<SqliteDatabase> database)
      : options_(std::move(options)),
        keys_(std::move(keys)),
        sums_{keys_.prefix()},
        clock_(clock),
        logger_(logger),
        database_(std::move(database)),
        time_(clock) {}

  Result<void> Start();

  LookupResult Lookup(const CacheKey& key, Deadline deadline) override;
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override;
  Result<void> Put(const PutRequest& request, Deadline deadline) override;
  Result<void> PutMany(std::span<const PutRequest> requests, Deadline deadline) override;
  void PutCopy(const PutRequest& copy) override;
  Result<void> HoldBack(const CacheKey& key, const ChargedFailure& failure,
                        Deadline deadline) override;
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override;
  bool available() const noexcept override { return !is_off_.load() && takes_writes_.load(); }

  std::optional<std::int64_t> clears() override;

  Result<void> Add(const CounterWrite& write, Deadline deadline) override;
  Result<CounterTotals> Read(WallTime now, Deadline deadline) override;
  Result<CounterSeries> ReadRange(const CounterRange& range, Deadline deadline) override;
  Result<CounterTotals> ResetTotals(WallTime now, Deadline deadline) override;

  Result<std::string> Page(const EntryQuery& query, const Visit& visit, Deadline deadline) override;
  Result<std::optional<KeptEntry>> Find(const CacheKey& stored, Deadline deadline) override;
  Result<MergeReport> Merge(std::span<const EntryWrite> writes, Deadline deadline) override;

  Result<void> PutPending(const PutRequest& request, Deadline deadline) override;
  Result<void> AddPending(const CounterWrite& added, Deadline deadline) override;
  Result<std::vector<PendingWrite>> OldestPending(std::size_t at_most, Deadline deadline) override;
  Result<void> RemovePending(const PendingWrite& write, Deadline deadline) override;
  Result<std::uint64_t> CountPending(Deadline deadline) override;
  Result<std::vector<PendingEntry>> PendingEntries(const KeyPattern& pattern,
                                                   Deadline deadline) override;
  Result<CounterTotals> SumPending(WallTime now, Deadline deadline) override;
  Result<CounterSeries> SumPendingRange(const CounterRange& range, Deadline deadline) override;
  Result<std::uint64_t> DropCleared(std::span<const ClearRecord> clears,
                                    Deadline deadline) override;
  Result<std::optional<std::int64_t>> ClearsSeen(Deadline deadline) override;
  Result<std::int64_t> DropStaleCopies(std::int64_t clears, Deadline deadline) override;
  Result<void> TrimCopies(std::uint64_t max_bytes, Deadline deadline) override;
  Result<std::vector<StoredCopy>> ReadCopies(std::int64_t before, std::size_t at_most,
                                             Deadline deadline) override;
  Result<void> NoteClear(std::int64_t clears, Deadline deadline) override;

 private:
  static Error TurnedOff();
  LookupResult LookupOn(Connection& connection, const CacheKey& key, WallTime now);
  std::chrono::milliseconds LongestLife(ContentKind kind) const;
  void ShortenLife(const LookupResult& found, WallTime now);
  int Sweep(Connection& connection, int at_most);
  template <typename Step>
  Result<void> Write(Deadline deadline, const Step& step);
  template <typename Value, typename Step>
  Result<Value> ReadWith(Deadline deadline, const Step& step, Value value = {});
  int PutOne(Connection& connection, const PutRequest& request);
  int Count(Connection& connection, const Counters& delta, WallTime when);
  int ClearBatch(EntryWalk& walk, ClearMode mode, Deadline deadline, std::uint64_t& cleared);
  Error Judge(int code);
  Result<void> ResultOfWrite(int code);

  const SqliteStoreOptions options_;
  const KeySpace keys_;
  const SumKeys sums_;
  Clock& clock_;
  Logger& logger_;
  std::atomic<bool> is_off_{false};
  std::atomic<bool> takes_writes_{true};
  std::atomic<bool> told_full_{false};
  std::atomic<SteadyTime> refused_at_{};  ///< The last write that the disk refused.
  std::atomic<std::int64_t> pruned_hour_{-1};
  const std::unique_ptr<SqliteDatabase> database_;
  TrustedTime time_;
};

template <typename Step>
Result<void> SqliteVerdictStore::Write(Deadline deadline, const Step& step) {
  return is_off_ ? TurnedOff() : ResultOfWrite(database_->Write(deadline, step));
}

/// Runs `step(connection, value)` and returns the changed `value`.
template <typename Value, typename Step>
Result<Value> SqliteVerdictStore::ReadWith(Deadline deadline, const Step& step, Value value) {
  if (is_off_) return TurnedOff();
  const int code =
      database_->Read(deadline, [&](Connection& connection) { return step(connection, value); });
  if (code != SQLITE_OK) return Judge(code);
  return value;
}

}  // namespace vcache::cache
