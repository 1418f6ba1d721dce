#include "cache/sqlite/sqlite_connection.h"

#include <algorithm>

namespace vcache::cache {

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Statement::Bind(int index, std::int64_t value) noexcept {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, index, value);
}

void Statement::Bind(int index, std::string_view text) noexcept {
  if (code_ != SQLITE_OK) return;
  code_ =
      sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::Bind(int index, Blob blob) noexcept {
  if (code_ != SQLITE_OK) return;
  code_ =
      sqlite3_bind_blob64(statement_, index, blob.bytes.data(), blob.bytes.size(), SQLITE_STATIC);
}

int Statement::Step() noexcept {
  return code_ == SQLITE_OK ? sqlite3_step(statement_) : code_;
}

std::int64_t Statement::Integer(int column) const noexcept {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::Bytes(int column) const noexcept {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr || size <= 0) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::unique_ptr<Connection> Connection::Open(const std::string& path, Clock& clock,
                                             SteadyTime until, int& code) {
  std::unique_ptr<Connection> connection(new Connection(clock));
  connection->WaitUntil(until);  // the pragmas below already read the file
  sqlite3* raw = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  code = sqlite3_open_v2(path.c_str(), &raw, kFlags, nullptr);
  connection->handle_.reset(raw);  // even a failed open returns a handle
  if (code != SQLITE_OK) return nullptr;
  sqlite3_busy_handler(raw, &Connection::OnBusy, connection.get());
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // FULL: a committed verdict survives a loss of power. It costs one fsync per paid call.
  code = connection->Execute(
      "PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
      "PRAGMA cache_size=-1000; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=16777216");
  if (code != SQLITE_OK) return nullptr;
  return connection;
}

sqlite3_stmt* Connection::Prepared(const char* sql, int& code) {
  StatementHandle& cached = statements_[sql];
  if (cached == nullptr) {
    sqlite3_stmt* raw = nullptr;
    code = sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    cached.reset(raw);
  }
  return cached.get();
}

int Connection::Execute(const char* sql) noexcept {
  return sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
}

bool Connection::Pause(int tries) {
  const SteadyTime now = clock_.Now();
  if (now >= until_) return false;
  const std::chrono::milliseconds pause(1LL << std::min(tries, 4));
  clock_.SleepUntil(std::min(until_, now + pause));
  return true;
}

int Connection::OnBusy(void* self, int tries) noexcept {
  return static_cast<Connection*>(self)->Pause(tries) ? 1 : 0;
}

WriteTransaction::~WriteTransaction() {
  // After some errors SQLite has rolled back already; this then fails harmlessly.
  if (open_) connection_.Execute("ROLLBACK");
}

int WriteTransaction::Begin() {
  const int code = connection_.Run("BEGIN IMMEDIATE");
  open_ = code == SQLITE_OK;
  return code;
}

int WriteTransaction::Commit() {
  const int code = connection_.Run("COMMIT");
  open_ = code != SQLITE_OK;
  return code;
}

}  // namespace vcache::cache
