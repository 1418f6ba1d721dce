#include "cache/sqlite/sqlite_schema.h"
#include "vcache/core/unique_fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

// docs/cache-format.md describes the tables.
namespace vcache::cache {
namespace {

constexpr std::int64_t kApplicationId = 1'447'240'803;  // "VC$c"

constexpr const char* kCreate =
    "PRAGMA application_id=1447240803;"  // "VC$c"
    "CREATE TABLE entries(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
    " expires_ms INTEGER NOT NULL, value BLOB NOT NULL);"
    "CREATE INDEX entries_by_expiry ON entries(expires_ms);"
    "CREATE TABLE counters(key TEXT NOT NULL, field TEXT NOT NULL, value INTEGER NOT NULL,"
    " PRIMARY KEY(key, field)) WITHOUT ROWID;"
    "PRAGMA user_version=1";

constexpr const char* kCreateOutbox =
    "CREATE TABLE outbox(number INTEGER PRIMARY KEY AUTOINCREMENT, prefix TEXT NOT NULL,"
    " id TEXT NOT NULL, made_ms INTEGER NOT NULL, key TEXT NOT NULL, expires_ms INTEGER NOT NULL,"
    " value BLOB NOT NULL, counters TEXT NOT NULL);"
    "PRAGMA user_version=2";

constexpr const char* kCreateBudget =
    "CREATE TABLE budget(key TEXT PRIMARY KEY, micros INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE budget_outbox(prefix TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,"
    " life_s INTEGER NOT NULL, micros INTEGER NOT NULL, PRIMARY KEY(prefix, id, name))"
    " WITHOUT ROWID;"
    "PRAGMA user_version=3";

constexpr const char* kCreateCallsInFlight =
    "CREATE TABLE calls_in_flight(id TEXT PRIMARY KEY, prefix TEXT NOT NULL, name TEXT NOT NULL,"
    " kind TEXT NOT NULL, price_micros INTEGER NOT NULL, begun_ms INTEGER NOT NULL,"
    " owner TEXT NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version=4";

constexpr const char* kAddLeaseToken =
    "ALTER TABLE calls_in_flight ADD COLUMN lease_token TEXT NOT NULL DEFAULT '';"
    "PRAGMA user_version=5";

constexpr const char* kCreateLeases =
    "CREATE TABLE leases(key TEXT PRIMARY KEY, token TEXT NOT NULL, owner TEXT NOT NULL,"
    " until_ms INTEGER NOT NULL, failure TEXT NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version=6";

constexpr const char* kCreateHistory =
    "CREATE TABLE history(owner TEXT NOT NULL, id TEXT NOT NULL, at_ms INTEGER NOT NULL,"
    " body TEXT NOT NULL, PRIMARY KEY(owner, id)) WITHOUT ROWID;"
    "CREATE INDEX history_by_time ON history(at_ms);"
    "PRAGMA user_version=7";

/// The step from each version to the next; an empty file takes all of them.
constexpr std::array kSteps{kCreate,        kCreateOutbox, kCreateBudget, kCreateCallsInFlight,
                            kAddLeaseToken, kCreateLeases, kCreateHistory};
constexpr auto kSchemaVersion = static_cast<std::int64_t>(kSteps.size());

/// The first column of the only row.
int ReadInteger(Connection& connection, const char* sql, std::int64_t& value) {
  return connection.ForEach(sql, [&](const Statement& row) { value = row.Integer(0); });
}

/// Repeats `step` while the database is busy. Several processes may start at once, and SQLite does
/// not call the busy handler in every step of the change to WAL.
template <typename Step>
int UntilNotBusy(Connection& connection, const Step& step) {
  for (int tries = 0;; ++tries) {
    const int code = step();
    if ((code & 0xFF) != SQLITE_BUSY || !connection.Pause(tries)) return code;
  }
}

int TurnWalOn(Connection& connection) {
  bool is_on = false;
  const int code = connection.ForEach("PRAGMA journal_mode=WAL",
                                      [&](const Statement& row) { is_on = row.Bytes(0) == "wal"; });
  return code == SQLITE_OK && !is_on ? SQLITE_CANTOPEN : code;
}

enum class Content { kOurs, kForeign, kNewer };

/// Marks a database of other software as foreign; it stays unchanged.
int CheckIsOurs(Connection& connection, Content& content) {
  std::int64_t id = 0;
  const int code = ReadInteger(connection, "PRAGMA application_id", id);
  if (code == SQLITE_OK && id != kApplicationId) content = Content::kForeign;
  return code;
}

/// Creates the missing tables, or upgrades them to the current version.
int MakeTables(Connection& connection, Content& content) {
  WriteTransaction transaction(connection);
  if (const int code = transaction.Begin(); code != SQLITE_OK) return code;
  std::int64_t version = 0;
  std::int64_t tables = 0;
  if (const int code = ReadInteger(connection, "PRAGMA user_version", version); code != SQLITE_OK) {
    return code;
  }
  if (const int code = ReadInteger(connection, "SELECT count(*) FROM sqlite_schema", tables);
      code != SQLITE_OK) {
    return code;
  }
  if (version > kSchemaVersion) content = Content::kNewer;
  if (version < 1 && tables > 0) content = Content::kForeign;
  if (version == kSchemaVersion || content != Content::kOurs) return SQLITE_OK;
  if (version >= 1) {
    if (const int code = CheckIsOurs(connection, content); code != SQLITE_OK) return code;
    if (content != Content::kOurs) return SQLITE_OK;
  }
  for (std::int64_t step = std::max<std::int64_t>(version, 0); step < kSchemaVersion; ++step) {
    const int code = connection.Execute(kSteps[static_cast<std::size_t>(step)]);
    if (code != SQLITE_OK) return code;
  }
  return transaction.Commit();
}

/// Whether the file is a database with our tables, judged from its first pages.
int CheckTables(Connection& connection, Content& content) {
  std::int64_t version = 0;
  if (const int code = ReadInteger(connection, "PRAGMA user_version", version); code != SQLITE_OK) {
    return code;
  }
  if (version != kSchemaVersion) {
    if (const int code = MakeTables(connection, content); code != SQLITE_OK) return code;
    if (content != Content::kOurs) return SQLITE_OK;
  }
  std::int64_t ignored = 0;
  for (const char* sql :
       {"SELECT expires_ms FROM entries ORDER BY expires_ms LIMIT 1",
        "SELECT length(value) FROM entries ORDER BY key LIMIT 1",
        "SELECT value FROM counters LIMIT 1", "SELECT number FROM outbox ORDER BY number LIMIT 1",
        "SELECT micros FROM budget LIMIT 1", "SELECT micros FROM budget_outbox LIMIT 1",
        "SELECT begun_ms FROM calls_in_flight LIMIT 1", "SELECT until_ms FROM leases LIMIT 1",
        "SELECT at_ms FROM history LIMIT 1"}) {
    if (const int code = ReadInteger(connection, sql, ignored); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

Error Explain(int code, const std::string& path) {
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
      return {ErrorCode::kIo, "The local store " + path +
                                  " is damaged or no database of ours. Move it away together with "
                                  "its -wal and -shm files (the verdicts in it will be paid for "
                                  "again), or restore a copy."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kIo, "The local store " + path +
                                  " is locked by another process. End that process or give this "
                                  "one another CACHE_DIR."};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return CannotOpenForWriting(path);
    default:
      return {ErrorCode::kIo, "The local store " + path + " cannot be opened: " +
                                  sqlite3_errstr(code) + ". Check the disk, or set CACHE_DIR."};
  }
}

}  // namespace

std::int64_t NewestSchema() noexcept {
  return kSchemaVersion;
}

Error WrittenByNewer(const std::string& path) {
  return {ErrorCode::kBadConfiguration, "The local store " + path +
                                            " was written by a newer version. Start that version, "
                                            "or give this one another CACHE_DIR."};
}

Error CannotUseDirectory(const std::filesystem::path& directory, const std::error_code& reason) {
  return {ErrorCode::kBadConfiguration,
          "CACHE_DIR " + directory.string() + " cannot be used: " + reason.message() +
              ". Name a directory that this user may write to, or leave CACHE_DIR empty to do "
              "without a local store."};
}

Error CannotOpenForWriting(const std::string& path) {
  return {ErrorCode::kBadConfiguration,
          "The local store " + path +
              " cannot be opened for writing. CACHE_DIR must be a directory on a local disk "
              "that this user may write to; leave it empty to do without."};
}

Result<std::string> PrepareDatabaseFile(const std::filesystem::path& directory) {
  std::error_code failed;
  if (std::filesystem::create_directories(directory, failed)) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  }
  if (!failed && !std::filesystem::is_directory(directory, failed) && !failed) {
    failed = std::make_error_code(std::errc::not_a_directory);
  }
  if (failed) return CannotUseDirectory(directory, failed);
  const std::string path = (directory / "verdictcache.db").string();
  // O_EXCL: opening and closing a file that this process has open in SQLite would drop its locks.
  const UniqueFd file(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file && errno != EEXIST) {
    return CannotUseDirectory(directory, std::error_code(errno, std::generic_category()));
  }
  return path;
}

Result<std::unique_ptr<Connection>> OpenDatabase(const std::string& path, Clock& clock,
                                                 std::chrono::milliseconds wait) {
  int code = SQLITE_OK;
  std::unique_ptr<Connection> connection = Connection::Open(path, clock, clock.Now() + wait, code);
  if (connection == nullptr) return Explain(code, path);
  Content content = Content::kOurs;
  code = UntilNotBusy(*connection, [&] { return CheckTables(*connection, content); });
  if (code == SQLITE_OK && content == Content::kOurs) {  // do not change a foreign file
    code = UntilNotBusy(*connection, [&] { return TurnWalOn(*connection); });
  }
  if (code != SQLITE_OK) return Explain(code, path);
  if (content == Content::kNewer) {
    return WrittenByNewer(path);
  }
  if (content == Content::kForeign) return Explain(SQLITE_NOTADB, path);
  return connection;
}

}  // namespace vcache::cache
