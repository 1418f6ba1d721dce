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
  SqliteJournal(SqliteJournalOptions options, KeySpace keys, std::string owner, Clock& clock,
                Logger& logger, std::unique_ptr<SqliteDatabase> database)
      : options_(std::move(options)),
        keys_(std::move(keys)),
        owner_(std::move(owner)),
        clock_(clock),
        logger_(logger),
        database_(std::move(database)) {}

  Result<void> Begin(const CacheKey& key, const CallNote& note, Deadline deadline) override;
  Result<void> End(const std::string& id, Deadline deadline) override;
  Result<std::vector<CallNote>> TakeUnfinished(Deadline deadline) override;

 private:
  /// Runs `step` in one transaction. A call waits for its note `busy_timeout` at most.
  template <typename Step>
  Result<void> Write(Deadline deadline, const Step& step);
  void Tell(const Result<void>& written);
  int ReadOwners(Connection& connection, std::vector<std::string>& owners) const;
  int TakeFrom(Connection& connection, const std::string& owner,
               std::vector<CallNote>& notes) const;

  const SqliteJournalOptions options_;
  const KeySpace keys_;
  const std::string owner_;
  Clock& clock_;
  Logger& logger_;
  const std::unique_ptr<SqliteDatabase> database_;
  std::atomic<bool> refused_{false};
};

template <typename Step>
Result<void> SqliteJournal::Write(Deadline deadline, const Step& step) {
  const Deadline patience = deadline.Shortened(Deadline::After(clock_, options_.busy_timeout));
  Result<void> written;
  if (const int code = database_->Write(patience, step); code != SQLITE_OK) {
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
  const std::string name = keys_.NameOf(key);
  return Write(deadline, [&](Connection& connection) {
    return connection
        .Prepare(
            "INSERT INTO calls_in_flight(id, prefix, name, kind, price_micros, begun_ms, owner)"
            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .Bind(1, std::string_view(note.id))
        .Bind(2, std::string_view(keys_.prefix()))
        .Bind(3, std::string_view(name))
        .Bind(4, KindName(key.kind))
        .Bind(5, note.price_micros)
        .Bind(6, ToMillis(note.begun))
        .Bind(7, std::string_view(owner_))
        .Run();
  });
}

Result<void> SqliteJournal::End(const std::string& id, Deadline deadline) {
  return Write(deadline, [&](Connection& connection) {
    return connection.Prepare("DELETE FROM calls_in_flight WHERE id = ?1")
        .Bind(1, std::string_view(id))
        .Run();
  });
}

int SqliteJournal::ReadOwners(Connection& connection, std::vector<std::string>& owners) const {
  Statement statement =
      connection.Prepare("SELECT DISTINCT owner FROM calls_in_flight WHERE prefix = ?1");
  statement.Bind(1, std::string_view(keys_.prefix()));
  int code = SQLITE_OK;
  while ((code = statement.Step()) == SQLITE_ROW) owners.emplace_back(statement.Bytes(0));
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int SqliteJournal::TakeFrom(Connection& connection, const std::string& owner,
                            std::vector<CallNote>& notes) const {
  Statement statement = connection.Prepare(
      "DELETE FROM calls_in_flight WHERE prefix = ?1 AND owner = ?2"
      " RETURNING id, name, kind, price_micros, begun_ms");
  statement.Bind(1, std::string_view(keys_.prefix())).Bind(2, std::string_view(owner));
  int code = SQLITE_OK;
  while ((code = statement.Step()) == SQLITE_ROW) {
    CallNote note;
    note.id = statement.Bytes(0);
    note.name = statement.Bytes(1);
    note.kind = statement.Bytes(2) == KindName(ContentKind::kText) ? ContentKind::kText
                                                                   : ContentKind::kAnalysis;
    note.price_micros = statement.Integer(3);
    note.begun = FromMillis(statement.Integer(4));
    notes.push_back(std::move(note));
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
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
      {.directory = options.directory, .busy_timeout = options.busy_timeout}, clock);
  if (!database) return std::move(database).error();
  return std::unique_ptr<CallJournal>(std::make_unique<SqliteJournal>(
      std::move(options), std::move(keys), *std::move(owner), clock, logger, *std::move(database)));
}

}  // namespace vcache::cache
