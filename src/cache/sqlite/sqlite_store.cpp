#include "vcache/cache/sqlite/sqlite_store.h"

#include <algorithm>

#include "cache/sqlite/sqlite_codes.h"
#include "cache/sqlite/sqlite_counters.h"
#include "cache/sqlite/sqlite_leases.h"
#include "cache/sqlite/sqlite_outbox.h"
#include "cache/sqlite/sqlite_verdict_store.h"

namespace vcache::cache {
namespace {

constexpr int kReaders = 4;
constexpr int kSweptByKeep = 32;
constexpr int kSweptAtOpen = 2'000;
/// For a number that each look-up in memory asks for.
constexpr std::chrono::milliseconds kClearsPatience{50};

/// After this long without a refused write, the disk has room again.
constexpr std::chrono::minutes kRoomProven{1};

}  // namespace

Error SqliteVerdictStore::TurnedOff() {
  return {ErrorCode::kStoreUnavailable, "The local store is turned off."};
}

/// Fails when the file cannot be used. On a full disk the store still serves hits.
Result<void> SqliteVerdictStore::Start() {
  Result<void> written = Write(Deadline::Never(), [&](Connection& connection) {
    const int code = BeginCounting(connection, sums_, clock_.WallNow());
    if (code != SQLITE_OK) return code;
    return Sweep(connection, kSweptAtOpen);
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

/// When the disk takes no writes, look-ups go on, so that no hit is paid for again. Each later
/// write tests whether there is room again.
Result<void> SqliteVerdictStore::ResultOfWrite(int code) {
  if (code == SQLITE_OK) {
    takes_writes_ = true;
    // On a disk that is nearly full small writes succeed between larger ones that fail.
    if (told_full_ && clock_.Now() - refused_at_.load() >= kRoomProven &&
        told_full_.exchange(false)) {
      logger_.Info("The local store takes new verdicts again");
    }
    return {};
  }
  if (IsTransient(code) || !MeansNoWrites(code)) return Judge(code);
  takes_writes_ = false;
  refused_at_ = clock_.Now();
  if (!told_full_.exchange(true)) {
    logger_.Warn(
        "The local store takes no new verdicts; known ones are still answered. Check the disk's "
        "free space and the file",
        {{"file", database_->path()}, {"reason", std::string_view(sqlite3_errstr(code))}});
  }
  return Error{ErrorCode::kStoreUnavailable, "The local store takes no new verdicts."};
}

std::chrono::milliseconds SqliteVerdictStore::LongestLife(ContentKind kind) const {
  return kind == ContentKind::kText ? options_.ttl_text : options_.ttl_analysis;
}

/// Removes what has expired, unless the wall clock has just jumped: it may come back.
int SqliteVerdictStore::Sweep(Connection& connection, int at_most) {
  const TrustedTime::Range now = time_.Now();
  return now.agrees() ? SweepEntries(connection, ToMillis(now.latest), at_most) : SQLITE_OK;
}

LookupResult SqliteVerdictStore::LookupOn(Connection& connection, const CacheKey& key,
                                          WallTime now) {
  LookupResult result;
  result.tier = Tier::kSqlite;
  const int code = LookUpEntry(connection, keys_, key, options_.accept_demo, now, result);
  if (code != SQLITE_OK) {
    result.outcome = LookupOutcome::kUnavailable;
    result.reason = Judge(code).message;
  }
  result.ttl = std::min(result.ttl, LongestLife(key.kind));
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
  const WallTime now = time_.Now().earliest;
  const int code = database_->Read(deadline, [&](Connection& connection) {
    for (std::size_t i = 0; i < keys.size() && !is_off_; ++i) {
      results[i] = LookupOn(connection, keys[i], now);
    }
    return SQLITE_OK;
  });
  if (code != SQLITE_OK) {
    for (LookupResult& result : results) result.reason = "The local store is busy.";
  }
  for (const LookupResult& result : results) {
    const bool is_hit = result.outcome == LookupOutcome::kHit;
    if (is_hit && result.ttl >= LongestLife(result.entry->key.kind)) ShortenLife(result, now);
  }
  return results;
}

/// For an entry that was stored while a wall clock was ahead: it lives as long as a new one.
void SqliteVerdictStore::ShortenLife(const LookupResult& found, WallTime now) {
  const std::string store_key = keys_.StoreKey(found.entry->key);
  // Without waiting: the next look-up tries again.
  const int ignored = database_->Write(Deadline::After(clock_, {}), [&](Connection& connection) {
    return ShortenEntry(connection, store_key, ToMillis(now + found.ttl));
  });
  (void)ignored;
}

int SqliteVerdictStore::Count(Connection& connection, const Counters& delta, WallTime when) {
  if (delta.empty()) return SQLITE_OK;
  const int code = AddCounters(connection, sums_, delta, when);
  if (code != SQLITE_OK) return code;
  const std::int64_t hour = std::chrono::floor<std::chrono::hours>(when.time_since_epoch()).count();
  if (pruned_hour_.exchange(hour) == hour) return SQLITE_OK;
  const TrustedTime::Range now = time_.Now();
  return now.agrees() ? PruneCounters(connection, sums_, now.latest) : SQLITE_OK;
}

Result<void> SqliteVerdictStore::Put(const PutRequest& request, Deadline deadline) {
  return PutMany({&request, 1}, deadline);
}

void SqliteVerdictStore::PutCopy(const PutRequest& copy) {
  const Result<void> ignored = Put(copy, Deadline::After(clock_, options_.busy_timeout));
  (void)ignored;
}

Result<void> SqliteVerdictStore::PutMany(std::span<const PutRequest> requests, Deadline deadline) {
  for (const PutRequest& request : requests) {
    if (Result<void> valid = CheckPut(request); !valid) return valid;
  }
  return Write(deadline, [&](Connection& connection) {
    int code = Sweep(connection, kSweptByKeep);
    for (const PutRequest& request : requests) {
      if (code == SQLITE_OK) code = PutOne(connection, request);
    }
    return code;
  });
}

int SqliteVerdictStore::PutOne(Connection& connection, const PutRequest& request) {
  const CacheKey& key = request.entry->key;
  const std::string store_key = keys_.StoreKey(key);
  const WallTime now = time_.Now().latest;
  Entry entry = *request.entry;
  std::chrono::milliseconds life = std::min(request.ttl, kLongestLife);
  if (request.answers_ttl > request.ttl) {
    entry.expires_at = now + life;
    life = std::min(request.answers_ttl, kLongestLife);
  }
  const std::string value = EncodeEntry(entry, options_.format, keys_.StoredDigest(key));
  int code = WriteEntry(connection, store_key, value, ToMillis(now + life));
  const WallTime counted_at = request.made_at.value_or(clock_.WallNow());
  if (code == SQLITE_OK) code = Count(connection, request.counters, counted_at);
  if (code != SQLITE_OK || request.lease_token.empty()) return code;
  return EndLease(connection, store_key, request.lease_token);
}

Result<void> SqliteVerdictStore::HoldBack(const CacheKey& key, const ChargedFailure& failure,
                                          Deadline deadline) {
  return Write(deadline, [&](Connection& connection) {
    return WriteEntry(connection, keys_.FailureKey(key), EncodeChargedFailure(failure),
                      ToMillis(failure.until + kLongestChargedPause));
  });
}

int SqliteVerdictStore::ClearBatch(EntryWalk& walk, ClearMode mode, Deadline deadline,
                                   std::uint64_t& cleared) {
  std::uint64_t found = 0;
  const auto next = [&](Connection& connection) {
    return walk.Next(connection, mode, ToMillis(time_.Now().earliest), found);
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
      if (code != SQLITE_OK) return ResultOfWrite(code).error();
    }
  }
  if (mode == ClearMode::kDryRun) return report;
  // Pending writes must not bring a cleared entry to the shared store.
  const Result<void> dropped = Write(deadline, [&](Connection& connection) {
    int code = DropChargedFailures(connection, keys_, pattern);
    if (code == SQLITE_OK) code = DropOrphans(connection, keys_.prefix());
    return code != SQLITE_OK ? code : CountClear(connection, sums_);
  });
  if (!dropped) return dropped.error();
  return report;
}

std::optional<std::int64_t> SqliteVerdictStore::clears() {
  const auto count = ReadWith<std::int64_t>(
      Deadline::After(clock_, kClearsPatience),
      [&](Connection& connection, auto& read) { return ReadClears(connection, sums_, read); });
  return count ? std::optional(*count) : std::nullopt;
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

Result<CounterSeries> SqliteVerdictStore::ReadRange(const CounterRange& range, Deadline deadline) {
  if (Result<void> valid = CheckRange(range); !valid) return valid.error();
  return ReadWith<CounterSeries>(
      deadline,
      [&](Connection& connection, auto& series) {
        return ReadCounterRange(connection, sums_, range, series);
      },
      CounterSeries(range.count));
}

Result<CounterTotals> SqliteVerdictStore::ResetTotals(WallTime now, Deadline deadline) {
  CounterTotals ended;
  const Result<void> reset = Write(deadline, [&](Connection& connection) {
    ended = {};
    return ResetCounters(connection, sums_, now, ended);
  });
  if (!reset) return reset.error();
  return ended;
}

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
