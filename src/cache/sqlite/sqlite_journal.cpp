#include "vcache/cache/sqlite/sqlite_journal.h"

#include <algorithm>
#include <atomic>
#include <tuple>
#include <utility>

#include "cache/sqlite/process_identity.h"
#include "cache/sqlite/sqlite_database.h"
#include "cache/times.h"

namespace vcache::cache {
namespace {

Error JournalIsAway(int code) {
  return {ErrorCode::kStoreUnavailable,
          std::string("The local store takes no note of paid calls: ") + sqlite3_errstr(code) +
              ". Look after the disk that holds CACHE_DIR."};
}

class SqliteJournal final : public CallJournal {
 public:
  SqliteJournal(KeySpace keys, std::string owner, Logger& logger,
                std::unique_ptr<SqliteDatabase> database)
      : keys_(std::move(keys)),
        owner_(std::move(owner)),
        logger_(logger),
        database_(std::move(database)) {}

  Result<void> Begin(const CacheKey& key, const CallNote& note, Deadline deadline) override;
  Result<void> End(const std::string& id, Deadline deadline) override;
  Result<std::vector<CallNote>> TakeUnfinished(Deadline deadline) override;

 private:
  /// Runs `step` in one transaction.
  template <typename Step>
  Result<void> Write(Deadline deadline, const Step& step);
  void Tell(const Result<void>& written);
  int ReadOwners(Connection& connection, std::vector<std::string>& owners) const;
  int TakeFrom(Connection& connection, const std::string& owner,
               std::vector<CallNote>& notes) const;

  const KeySpace keys_;
  const std::string owner_;
  Logger& logger_;
  const std::unique_ptr<SqliteDatabase> database_;
  std::atomic<bool> refused_{false};
};

template <typename Step>
Result<void> SqliteJournal::Write(Deadline deadline, const Step& step) {
  Result<void> written;
  if (const int code = database_->Write(deadline, step); code != SQLITE_OK) {
    written = JournalIsAway(code);
  }
  Tell(written);
  return written;
}

/// Logs only when the state changes.
void SqliteJournal::Tell(const Result<void>& written) {
  if (refused_.exchange(!written) != written.has_value()) return;
  if (written) {
    logger_.Info("Paid calls are noted on disk again");
  } else {
    logger_.Warn("Paid calls go on without a note on disk: a crash would not tell of them",
                 {{"reason", written.error().message}});
  }
}

Result<void> SqliteJournal::Begin(const CacheKey& key, const CallNote& note, Deadline deadline) {
  return Write(deadline, [&](Connection& connection) {
    return connection.Run(
        "INSERT INTO calls_in_flight(id, prefix, name, kind, price_micros, begun_ms, owner,"
        " lease_token) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        note.id, keys_.prefix(), keys_.NameOf(key), KindName(key.kind), note.price.micros(),
        ToMillis(note.begun), owner_, note.lease_token);
  });
}

Result<void> SqliteJournal::End(const std::string& id, Deadline deadline) {
  return Write(deadline, [&](Connection& connection) {
    return connection.Run("DELETE FROM calls_in_flight WHERE id = ?1", id);
  });
}

int SqliteJournal::ReadOwners(Connection& connection, std::vector<std::string>& owners) const {
  return connection.ForEach(
      "SELECT DISTINCT owner FROM calls_in_flight WHERE prefix = ?1",
      [&](const Statement& row) { owners.emplace_back(row.Bytes(0)); }, keys_.prefix());
}

int SqliteJournal::TakeFrom(Connection& connection, const std::string& owner,
                            std::vector<CallNote>& notes) const {
  return connection.ForEach(
      "UPDATE calls_in_flight SET owner = ?3 WHERE prefix = ?1 AND owner = ?2"
      " RETURNING id, name, kind, price_micros, begun_ms, lease_token",
      [&](const Statement& row) {
        const bool is_text = row.Bytes(2) == KindName(ContentKind::kText);
        notes.push_back({.id = std::string(row.Bytes(0)),
                         .name = std::string(row.Bytes(1)),
                         .kind = is_text ? ContentKind::kText : ContentKind::kAnalysis,
                         .price = Usd::FromMicros(row.Integer(3)),
                         .begun = FromMillis(row.Integer(4)),
                         .lease_token = std::string(row.Bytes(5))});
      },
      keys_.prefix(), owner, owner_);
}

Result<std::vector<CallNote>> SqliteJournal::TakeUnfinished(Deadline deadline) {
  std::vector<CallNote> notes;
  const Result<void> taken = Write(deadline, [&](Connection& connection) {
    std::vector<std::string> owners;
    int code = ReadOwners(connection, owners);
    for (const std::string& owner : owners) {
      if (code == SQLITE_OK && IsGone(owner)) code = TakeFrom(connection, owner, notes);
    }
    return code;
  });
  if (!taken) return taken.error();
  std::sort(notes.begin(), notes.end(), [](const CallNote& one, const CallNote& other) {
    return std::tie(one.begun, one.id) < std::tie(other.begun, other.id);
  });
  return notes;
}

}  // namespace

Result<std::unique_ptr<CallJournal>> OpenSqliteJournal(SqliteJournalOptions options, KeySpace keys,
                                                       Clock& clock, Logger& logger) {
  std::optional<std::string> owner = ThisProcess();
  if (!owner) {
    return Error{ErrorCode::kIo,
                 "The journal of paid calls needs /proc/self/stat and "
                 "/proc/sys/kernel/random/boot_id, which cannot be read. Mount /proc."};
  }
  auto database = SqliteDatabase::Open(
      {.directory = options.directory, .busy_timeout = options.busy_timeout, .waits_once = true},
      clock);
  if (!database) return std::move(database).error();
  return std::unique_ptr<CallJournal>(std::make_unique<SqliteJournal>(
      std::move(keys), *std::move(owner), logger, *std::move(database)));
}

}  // namespace vcache::cache
