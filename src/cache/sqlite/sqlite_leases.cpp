#include "cache/sqlite/sqlite_leases.h"
#include "vcache/cache/sqlite/sqlite_leases.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "cache/lease_failure.h"
#include "cache/sqlite/process_identity.h"
#include "cache/sqlite/sqlite_database.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {
namespace {

Error LeasesAreAway(int code) {
  return {ErrorCode::kStoreUnavailable,
          std::string("The local store's leases cannot be written: ") + sqlite3_errstr(code) + "."};
}

/// Longer than any call. A lease need not be renewed, as it ends with its owner's process too.
constexpr std::chrono::minutes kLongestCall{15};

/// Each is a lease that ends by itself.
constexpr std::size_t kMostUnwritten = 1'000;

std::chrono::milliseconds LifeOf(const LeaseRequest& request) {
  return std::max<std::chrono::milliseconds>(request.life, kLongestCall);
}

struct LeaseRow {
  std::string token{};  ///< Empty: nobody holds it.
  std::string failure{};
};

class SqliteLeases final : public LeaseStore {
 public:
  SqliteLeases(KeySpace keys, std::string owner, VerdictStore& entries, Clock& clock,
               std::unique_ptr<SqliteDatabase> database)
      : keys_(std::move(keys)),
        owner_(std::move(owner)),
        entries_(entries),
        clock_(clock),
        database_(std::move(database)) {}

  void DropDeadOwners();

  Claim ClaimLease(const LeaseRequest& request, Deadline deadline) override;
  Result<bool> Renew(const LeaseRequest& request, Deadline deadline) override;
  Result<bool> RequestNotification(const CacheKey& key, Deadline deadline) override;
  Result<void> Release(const CacheKey& key, const std::string& token,
                       const std::optional<Error>& failure, Deadline deadline) override;
  Result<void> ReleaseNamed(const std::string& name, const std::string& token,
                            Deadline deadline) override;

 private:
  struct Ended {
    std::string store_key;
    std::string token;
    friend bool operator==(const Ended&, const Ended&) = default;
  };
  std::vector<Ended> Unwritten() VCACHE_EXCLUDES(mutex_);
  void NoteWritten(const std::vector<Ended>& ended) VCACHE_EXCLUDES(mutex_);
  void NoteUnwritten(Ended ended) VCACHE_EXCLUDES(mutex_);
  int ReadLive(Connection& connection, std::string_view store_key, LeaseRow& row) const;
  int WriteRow(Connection& connection, std::string_view store_key, const LeaseRow& row,
               std::chrono::milliseconds life) const;
  /// The processes of one machine share the steady clock, which no wall clock's jump ends.
  std::int64_t NowMillis() const {
    return std::chrono::floor<std::chrono::milliseconds>(clock_.Now().time_since_epoch()).count();
  }

  const KeySpace keys_;
  const std::string owner_;
  VerdictStore& entries_;
  Clock& clock_;
  const std::unique_ptr<SqliteDatabase> database_;
  Mutex mutex_;
  std::vector<Ended> unwritten_ VCACHE_GUARDED_BY(mutex_);  ///< Ends that the disk did not take.
};

/// The row, unless it has ended or its owner has.
int SqliteLeases::ReadLive(Connection& connection, std::string_view store_key,
                           LeaseRow& row) const {
  return connection.ForEach(
      "SELECT token, failure, owner FROM leases WHERE key = ?1 AND until_ms > ?2",
      [&](const Statement& found) {
        const std::string_view owner = found.Bytes(2);
        if (owner != owner_ && IsGone(owner)) return;
        row = {std::string(found.Bytes(0)), std::string(found.Bytes(1))};
      },
      store_key, NowMillis());
}

int SqliteLeases::WriteRow(Connection& connection, std::string_view store_key, const LeaseRow& row,
                           std::chrono::milliseconds life) const {
  return connection.Run(
      "REPLACE INTO leases(key, token, owner, until_ms, failure) VALUES(?1, ?2, ?3, ?4, ?5)",
      store_key, row.token, owner_, NowMillis() + std::int64_t{life.count()}, row.failure);
}

Claim SqliteLeases::ClaimLease(const LeaseRequest& request, Deadline deadline) {
  const std::string store_key = keys_.StoreKey(request.key);
  LeaseRow held;
  Claim claim;
  const std::vector<Ended> before = Unwritten();
  const int code = database_->Write(deadline, [&](Connection& connection) {
    int done = SQLITE_OK;
    for (const Ended& each : before) {
      if (done == SQLITE_OK) done = EndLease(connection, each.store_key, each.token);
    }
    if (done == SQLITE_OK) done = ReadLive(connection, store_key, held);
    if (done != SQLITE_OK) return done;
    // The failed call asked other vendors than this process would: the lease takes its place.
    auto failure = FailureOf(held.failure, clock_.WallNow());
    if (failure && !HoldsBack(*failure, request.vendors)) {
      claim.failure = std::move(failure);
      held = {};
    }
    if (held.token.empty() && held.failure.empty()) {
      return WriteRow(connection, store_key, {request.token, {}}, LifeOf(request));
    }
    return before.empty() ? SQLITE_DONE : SQLITE_OK;
  });
  if (code == SQLITE_OK) NoteWritten(before);
  if (code != SQLITE_OK) {
    claim.state = LeaseState::kNotGranted;
  } else if (held.token.empty() && held.failure.empty()) {
    claim.state = LeaseState::kOurs;
  } else if (held.token == request.token) {
    claim.state = LeaseState::kOurs;
    claim.is_new = false;
  } else if ((claim.failure = FailureOf(held.failure, clock_.WallNow()))) {
    claim.state = LeaseState::kFailed;
  } else {
    claim.state = LeaseState::kTheirs;
  }
  // After the lease: its last holder stored the verdict in the step that ended it.
  claim.found = entries_.Lookup(request.key, deadline);
  return claim;
}

/// Nobody notifies: it only tells whether a process still holds the lease.
Result<bool> SqliteLeases::RequestNotification(const CacheKey& key, Deadline deadline) {
  const std::string store_key = keys_.StoreKey(key);
  LeaseRow held;
  const int code = database_->Write(deadline, [&](Connection& connection) {
    const int read = ReadLive(connection, store_key, held);
    return read != SQLITE_OK ? read : SQLITE_DONE;
  });
  if (code != SQLITE_OK) return LeasesAreAway(code);
  return !held.token.empty();
}

Result<void> SqliteLeases::Release(const CacheKey& key, const std::string& token,
                                   const std::optional<Error>& failure, Deadline deadline) {
  const std::string store_key = keys_.StoreKey(key);
  const int code = database_->Write(deadline, [&](Connection& connection) {
    LeaseRow held;
    int done = ReadLive(connection, store_key, held);
    if (done != SQLITE_OK || held.token != token) return done;
    done = EndLease(connection, store_key, token);
    if (done != SQLITE_OK || !failure || !failure->retry_after) return done;
    return WriteRow(connection, store_key, {{}, EncodeFailure(*failure, clock_.WallNow())},
                    *failure->retry_after);
  });
  if (code == SQLITE_OK) return {};
  NoteUnwritten({store_key, token});
  return LeasesAreAway(code);
}

Result<void> SqliteLeases::ReleaseNamed(const std::string& name, const std::string& token,
                                        Deadline deadline) {
  const std::string store_key = keys_.prefix() + name;
  const int code = database_->Write(
      deadline, [&](Connection& connection) { return EndLease(connection, store_key, token); });
  if (code != SQLITE_OK) return LeasesAreAway(code);
  return {};
}

Result<bool> SqliteLeases::Renew(const LeaseRequest& request, Deadline deadline) {
  const std::string store_key = keys_.StoreKey(request.key);
  bool is_ours = false;
  const int code = database_->Write(deadline, [&](Connection& connection) {
    LeaseRow held;
    const int read = ReadLive(connection, store_key, held);
    is_ours = held.failure.empty() && (held.token.empty() || held.token == request.token);
    if (read != SQLITE_OK || !is_ours) return read;
    return WriteRow(connection, store_key, {request.token, {}}, LifeOf(request));
  });
  if (code != SQLITE_OK) return LeasesAreAway(code);
  return is_ours;
}

std::vector<SqliteLeases::Ended> SqliteLeases::Unwritten() {
  const MutexLock lock(mutex_);
  return unwritten_;
}

void SqliteLeases::NoteUnwritten(Ended ended) {
  const MutexLock lock(mutex_);
  if (unwritten_.size() < kMostUnwritten) unwritten_.push_back(std::move(ended));
}

void SqliteLeases::NoteWritten(const std::vector<Ended>& ended) {
  const MutexLock lock(mutex_);
  std::erase_if(unwritten_, [&](const Ended& each) {
    return std::find(ended.begin(), ended.end(), each) != ended.end();
  });
}

/// Nobody asks for most of their leases again, so that they would stay for ever.
void SqliteLeases::DropDeadOwners() {
  const int ignored = database_->Write(Deadline::Never(), [&](Connection& connection) {
    std::vector<std::string> owners;
    int code = connection.ForEach("SELECT DISTINCT owner FROM leases",
                                  [&](const Statement& row) { owners.emplace_back(row.Bytes(0)); });
    for (const std::string& owner : owners) {
      if (code != SQLITE_OK || !IsGone(owner)) continue;
      code = connection.Run("DELETE FROM leases WHERE owner = ?1", owner);
    }
    return code;
  });
  (void)ignored;  // the next start drops them
}

}  // namespace

int EndLease(Connection& connection, std::string_view store_key, std::string_view token) {
  return connection.Run("DELETE FROM leases WHERE key = ?1 AND token = ?2", store_key, token);
}

Result<std::unique_ptr<LeaseStore>> OpenSqliteLeases(SqliteLeaseOptions options, KeySpace keys,
                                                     VerdictStore& entries, Clock& clock) {
  std::optional<std::string> owner = ThisProcess();
  if (!owner) {
    return Error{ErrorCode::kIo,
                 "Leases in the local store need /proc/self/stat and "
                 "/proc/sys/kernel/random/boot_id, which cannot be read. Mount /proc."};
  }
  auto database = SqliteDatabase::Open({.directory = options.directory,
                                        .busy_timeout = options.busy_timeout,
                                        .survives_power_loss = false,
                                        .waits_once = true},
                                       clock);
  if (!database) return std::move(database).error();
  auto leases = std::make_unique<SqliteLeases>(std::move(keys), *std::move(owner), entries, clock,
                                               *std::move(database));
  leases->DropDeadOwners();
  return std::unique_ptr<LeaseStore>(std::move(leases));
}

}  // namespace vcache::cache
