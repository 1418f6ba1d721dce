#include "vcache/cache/sqlite/sqlite_store.h"

#include <algorithm>
#include <atomic>

#include "cache/sqlite/sqlite_counters.h"
#include "cache/sqlite/sqlite_database.h"
#include "cache/sqlite/sqlite_entries.h"
#include "cache/sqlite/sqlite_outbox.h"
#include "cache/times.h"
#include "vcache/cache/clear_count.h"

namespace vcache::cache {
namespace {

constexpr int kReaders = 4;
constexpr int kSweptByKeep = 32;
constexpr int kSweptAtOpen = 2'000;

Error TurnedOff() {
  return {ErrorCode::kStoreUnavailable, "The local store is turned off."};
}

/// Whether a retry may succeed at once; not with a full disk, damage or a moved file.
bool IsTransient(int code) noexcept {
  if (code == SQLITE_IOERR_NOMEM) return true;
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
      return true;
    default:
      return false;
  }
}

/// After this long without a refused write, the disk has room again.
constexpr std::chrono::minutes kRoomProven{1};

/// Whether a failed write means that the disk takes no writes. Reads may still succeed.
bool MeansNoWrites(int code) noexcept {
  switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return true;
    default:
      return false;
  }
}

class SqliteVerdictStore final : public LocalStore {
 public:
  SqliteVerdictStore(SqliteStoreOptions options, KeySpace keys, Clock& clock, Logger& logger,
                     std::unique_ptr<SqliteDatabase> database)
      : options_(std::move(options)),
        keys_(std::move(keys)),
        sums_{keys_.prefix()},
        clock_(clock),
        logger_(logger),
        database_(std::move(database)) {}

  Result<void> Start();

  LookupResult Lookup(const CacheKey& key, Deadline deadline) override;
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override;
  Result<void> Put(const PutRequest& request, Deadline deadline) override;
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override;
  bool available() const noexcept override { return !is_off_.load() && takes_writes_.load(); }

  Result<void> Add(const CounterWrite& write, Deadline deadline) override;
  Result<CounterTotals> Read(WallTime now, Deadline deadline) override;

  Result<void> PutPending(const PutRequest& request, Deadline deadline) override;
  Result<void> AddPending(const CounterWrite& added, Deadline deadline) override;
  Result<std::vector<PendingWrite>> OldestPending(std::size_t at_most, Deadline deadline) override;
  Result<void> RemovePending(const PendingWrite& write, Deadline deadline) override;
  Result<std::uint64_t> CountPending(Deadline deadline) override;
  Result<std::vector<PendingEntry>> PendingEntries(const KeyPattern& pattern,
                                                   Deadline deadline) override;
  Result<CounterTotals> SumPending(WallTime now, Deadline deadline) override;
  Result<void> DropStaleCopies(std::int64_t clears, Deadline deadline) override;
  Result<void> NoteClear(std::int64_t clears, Deadline deadline) override;

 private:
  std::int64_t NowMillis() const { return ToMillis(clock_.WallNow()); }
  LookupResult LookupOn(Connection& connection, const CacheKey& key);
  template <typename Step>
  Result<void> Write(Deadline deadline, const Step& step);
  template <typename Value, typename Step>
  Result<Value> ReadWith(Deadline deadline, const Step& step, Value value = {});
  int Count(Connection& connection, const Counters& delta, WallTime when);
  int ClearBatch(EntryWalk& walk, ClearMode mode, Deadline deadline, std::uint64_t& cleared);
  Error Judge(int code);
  Error JudgeWrite(int code);

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
};

/// Fails when the file cannot be used. On a full disk the store still serves hits.
Result<void> SqliteVerdictStore::Start() {
  Result<void> written = Write(Deadline::Never(), [&](Connection& connection) {
    const int code = BeginCounting(connection, sums_, clock_.WallNow());
    if (code != SQLITE_OK) return code;
    return SweepEntries(connection, NowMillis(), kSweptAtOpen);
  });
  return takes_writes_ ? std::move(written) : Result<void>();
}

/// The error for a failed call. A permanent failure turns the store off, with one warning.
Error SqliteVerdictStore::Judge(int code) {
  if (IsTransient(code)) {
    return {ErrorCode::kStoreUnavailable, "The local store is busy."};
  }
  if (!is_off_.exchange(true)) {
    logger_.Warn(
        "The local store is turned off until the next start; analyses go on without it. Check the "
        "file and its disk",
        {{"file", database_->path()}, {"reason", std::string_view(sqlite3_errstr(code))}});
  }
  return TurnedOff();
}

/// The error for a failed write. When the disk takes no writes, look-ups go on, so that no hit is
/// paid for again. Each later write tests whether there is room again.
Error SqliteVerdictStore::JudgeWrite(int code) {
  if (IsTransient(code) || !MeansNoWrites(code)) return Judge(code);
  takes_writes_ = false;
  refused_at_ = clock_.Now();
  if (!told_full_.exchange(true)) {
    logger_.Warn(
        "The local store takes no new verdicts; known ones are still answered. Check the disk's "
        "free space and the file",
        {{"file", database_->path()}, {"reason", std::string_view(sqlite3_errstr(code))}});
  }
  return {ErrorCode::kStoreUnavailable, "The local store takes no new verdicts."};
}

template <typename Step>
Result<void> SqliteVerdictStore::Write(Deadline deadline, const Step& step) {
  if (is_off_) return TurnedOff();
  const int code = database_->Write(deadline, step);
  if (code != SQLITE_OK) return JudgeWrite(code);
  takes_writes_ = true;
  // On a disk that is nearly full small writes succeed between larger ones that fail.
  if (told_full_ && clock_.Now() - refused_at_.load() >= kRoomProven &&
      told_full_.exchange(false)) {
    logger_.Info("The local store takes new verdicts again");
  }
  return {};
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

LookupResult SqliteVerdictStore::LookupOn(Connection& connection, const CacheKey& key) {
  LookupResult result;
  result.tier = Tier::kSqlite;
  std::string value;
  std::int64_t expires_ms = 0;
  const int code = ReadEntry(connection, keys_.StoreKey(key), value, expires_ms);
  if (code != SQLITE_OK) {
    result.outcome = LookupOutcome::kUnavailable;
    result.reason = Judge(code).message;
    return result;
  }
  const std::chrono::milliseconds left(expires_ms - NowMillis());
  if (left.count() <= 0) return result;
  Result<Entry> entry = DecodeEntry(value, key, options_.accept_demo, keys_.StoredDigest(key));
  if (entry) {
    result.outcome = LookupOutcome::kHit;
    entry->expires_at.reset();  // set only while the entry is pending
    result.entry = std::make_shared<const Entry>(std::move(*entry));
    result.ttl = left;
  } else if (entry.error().code != ErrorCode::kNotCached) {
    result.outcome = LookupOutcome::kCorrupt;
    result.reason = entry.error().message;
    result.newer = entry.error().code == kNewerVersion;
  }
  return result;
}

LookupResult SqliteVerdictStore::Lookup(const CacheKey& key, Deadline deadline) {
  return LookupMany({&key, 1}, deadline).front();
}

std::vector<LookupResult> SqliteVerdictStore::LookupMany(std::span<const CacheKey> keys,
                                                         Deadline deadline) {
  const LookupResult unavailable{
      .outcome = LookupOutcome::kUnavailable, .tier = Tier::kSqlite, .reason = TurnedOff().message};
  std::vector<LookupResult> results(keys.size(), unavailable);
  if (is_off_) return results;
  const int code = database_->Read(deadline, [&](Connection& connection) {
    for (std::size_t i = 0; i < keys.size() && !is_off_; ++i) {
      results[i] = LookupOn(connection, keys[i]);
    }
    return SQLITE_OK;
  });
  if (code != SQLITE_OK) {
    for (LookupResult& result : results) result.reason = "The local store is busy.";
  }
  return results;
}

int SqliteVerdictStore::Count(Connection& connection, const Counters& delta, WallTime when) {
  if (delta.empty()) return SQLITE_OK;
  const int code = AddCounters(connection, sums_, delta, when);
  if (code != SQLITE_OK) return code;
  const std::int64_t hour = std::chrono::floor<std::chrono::hours>(when.time_since_epoch()).count();
  if (pruned_hour_.exchange(hour) == hour) return SQLITE_OK;
  return PruneCounters(connection, sums_, clock_.WallNow());
}

Result<void> SqliteVerdictStore::Put(const PutRequest& request, Deadline deadline) {
  if (Result<void> valid = CheckPut(request); !valid) return valid;
  const CacheKey& key = request.entry->key;
  const std::string store_key = keys_.StoreKey(key);
  const std::string value = EncodeEntry(*request.entry, options_.format, keys_.StoredDigest(key));
  const std::chrono::milliseconds life = std::min(request.ttl, kLongestLife);
  return Write(deadline, [&](Connection& connection) {
    const std::int64_t now_ms = NowMillis();
    int code = SweepEntries(connection, now_ms, kSweptByKeep);
    if (code == SQLITE_OK) code = WriteEntry(connection, store_key, value, now_ms + life.count());
    return code != SQLITE_OK ? code : Count(connection, request.counters, clock_.WallNow());
  });
}

int SqliteVerdictStore::ClearBatch(EntryWalk& walk, ClearMode mode, Deadline deadline,
                                   std::uint64_t& cleared) {
  std::uint64_t found = 0;
  const auto next = [&](Connection& connection) {
    return walk.Next(connection, mode, NowMillis(), found);
  };
  const int code = mode == ClearMode::kDelete ? database_->Write(deadline, next)
                                              : database_->Read(deadline, next);
  if (code == SQLITE_OK) cleared += found;
  return code;
}

Result<ClearReport> SqliteVerdictStore::Clear(const KeyPattern& pattern, ClearMode mode,
                                              Deadline deadline) {
  ClearReport report;
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    EntryWalk walk(keys_, pattern, kind);
    std::uint64_t& cleared = kind == ContentKind::kAnalysis ? report.analysis : report.text;
    while (!walk.done()) {
      if (is_off_) return TurnedOff();
      if (deadline.Expired(clock_)) {
        return Error{ErrorCode::kStoreUnavailable, "The local store was not cleared in time; " +
                                                       std::to_string(report.total()) +
                                                       " entries were. Clear again."};
      }
      const int code = ClearBatch(walk, mode, deadline, cleared);
      if (code != SQLITE_OK) return JudgeWrite(code);
    }
  }
  if (mode == ClearMode::kDryRun) return report;
  // Pending writes must not bring a cleared entry to the shared store.
  const Result<void> dropped = Write(
      deadline, [&](Connection& connection) { return DropOrphans(connection, keys_.prefix()); });
  if (!dropped) return dropped.error();
  return report;
}

/// The id is not needed: a local commit is certain.
Result<void> SqliteVerdictStore::Add(const CounterWrite& write, Deadline deadline) {
  if (write.delta.empty()) return {};
  return Write(deadline,
               [&](Connection& connection) { return Count(connection, write.delta, write.when); });
}

Result<CounterTotals> SqliteVerdictStore::Read(WallTime now, Deadline deadline) {
  return ReadWith<CounterTotals>(deadline, [&](Connection& connection, auto& totals) {
    return ReadCounters(connection, sums_, now, totals);
  });
}

Result<void> SqliteVerdictStore::PutPending(const PutRequest& request, Deadline deadline) {
  if (Result<void> valid = CheckPut(request); !valid) return valid;
  const std::chrono::milliseconds life = std::min(request.ttl, kLongestLife);
  const PendingWrite write = PendingOf(request, life, clock_.WallNow(), keys_, options_.format);
  return Write(deadline, [&](Connection& connection) {
    const int code =
        WriteEntry(connection, write.store_key, write.value, ToMillis(write.expires_at));
    return code != SQLITE_OK ? code : WritePending(connection, keys_.prefix(), write);
  });
}

Result<void> SqliteVerdictStore::AddPending(const CounterWrite& added, Deadline deadline) {
  if (added.delta.empty()) return {};
  PendingWrite write;
  write.id = added.id;
  write.made_at = added.when;
  write.counters = added.delta;
  return Write(deadline, [&](Connection& connection) {
    return WritePending(connection, keys_.prefix(), write);
  });
}

Result<std::vector<PendingWrite>> SqliteVerdictStore::OldestPending(std::size_t at_most,
                                                                    Deadline deadline) {
  return ReadWith<std::vector<PendingWrite>>(deadline, [&](Connection& connection, auto& writes) {
    return ReadPending(connection, keys_.prefix(), at_most, writes);
  });
}

Result<void> SqliteVerdictStore::RemovePending(const PendingWrite& write, Deadline deadline) {
  return Write(deadline, [&](Connection& connection) { return ErasePending(connection, write); });
}

Result<void> SqliteVerdictStore::DropStaleCopies(std::int64_t clears, Deadline deadline) {
  // On the first call no clear was missed.
  const auto seen = ReadWith<std::int64_t>(
      deadline,
      [&](Connection& connection, auto& read) {
        return ReadClearsSeen(connection, keys_.prefix(), read);
      },
      clears);
  if (!seen) return seen.error();
  // In small transactions, so that requests can write in between.
  constexpr std::int64_t kAtOnce = 500;
  for (std::int64_t dropped = MayHaveMissedClear(*seen, clears) ? kAtOnce : 0;
       dropped == kAtOnce;) {
    const Result<void> done = Write(deadline, [&](Connection& connection) {
      return DropSomeCopies(connection, keys_.prefix(), kAtOnce, dropped);
    });
    if (!done) return done;
  }
  return Write(deadline, [&](Connection& connection) {
    return NoteClearsSeen(connection, keys_.prefix(), clears);
  });
}

Result<void> SqliteVerdictStore::NoteClear(std::int64_t clears, Deadline deadline) {
  return Write(deadline, [&](Connection& connection) {
    return NoteNextClear(connection, keys_.prefix(), clears);
  });
}

Result<std::uint64_t> SqliteVerdictStore::CountPending(Deadline deadline) {
  return ReadWith<std::uint64_t>(deadline, [&](Connection& connection, auto& count) {
    return CountPendingWrites(connection, keys_.prefix(), count);
  });
}

Result<std::vector<PendingEntry>> SqliteVerdictStore::PendingEntries(const KeyPattern& pattern,
                                                                     Deadline deadline) {
  return ReadWith<std::vector<PendingEntry>>(deadline, [&](Connection& connection, auto& entries) {
    return ReadPendingEntries(connection, keys_, pattern, clock_.WallNow(), entries);
  });
}

Result<CounterTotals> SqliteVerdictStore::SumPending(WallTime now, Deadline deadline) {
  return ReadWith<CounterTotals>(deadline, [&](Connection& connection, auto& totals) {
    return SumPendingCounters(connection, keys_.prefix(), now, totals);
  });
}

}  // namespace

Result<std::unique_ptr<LocalStore>> OpenSqliteStore(SqliteStoreOptions options, KeySpace keys,
                                                    Clock& clock, Logger& logger) {
  auto database = SqliteDatabase::Open(
      {.directory = options.directory, .readers = kReaders, .busy_timeout = options.busy_timeout},
      clock);
  if (!database) return std::move(database).error();
  auto store = std::make_unique<SqliteVerdictStore>(std::move(options), std::move(keys), clock,
                                                    logger, *std::move(database));
  if (Result<void> started = store->Start(); !started) {
    Error error = std::move(started).error();
    // At start-up a transient failure is an error too: there is no other store to use.
    if (error.code == ErrorCode::kStoreUnavailable) error.code = ErrorCode::kIo;
    return error;
  }
  return std::unique_ptr<LocalStore>(std::move(store));
}

}  // namespace vcache::cache
