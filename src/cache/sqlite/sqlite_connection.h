#pragma once

// The only user of SQLite. Functions return SQLite's result codes for the store to judge.

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "vcache/core/clock.h"
#include "vcache/core/free_with.h"

namespace vcache::cache {

using SqliteHandle = std::unique_ptr<sqlite3, FreeWith<sqlite3_close_v2>>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, FreeWith<sqlite3_finalize>>;

/// Binds as a blob, not as text.
struct Blob {
  std::string_view bytes;
};

/// One use of a prepared statement: bind, step, read; reset at the end of the scope. Bound data is
/// not copied and must live as long as this. `Step` returns the first error.
class Statement {
 public:
  template <typename... Values>
  Statement(sqlite3_stmt* statement, int code, const Values&... values) noexcept
      : statement_(statement), code_(code) {
    int index = 0;
    (Bind(++index, values), ...);
  }
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// SQLITE_ROW, SQLITE_DONE or an error.
  int Step() noexcept;

  std::int64_t Integer(int column) const noexcept;
  /// Valid until the next `Step`.
  std::string_view Bytes(int column) const noexcept;

 private:
  void Bind(int index, std::int64_t value) noexcept;
  void Bind(int index, std::string_view text) noexcept;
  void Bind(int index, Blob blob) noexcept;

  sqlite3_stmt* statement_;
  int code_;
};

/// A connection with its statements. One thread at a time (rule P3). The clock must outlive it.
class Connection {
 public:
  /// Opens an existing file (an empty file is an empty database). Null with `code` set on failure.
  /// This and later statements wait for other processes' locks until `until`.
  static std::unique_ptr<Connection> Open(const std::string& path, Clock& clock, SteadyTime until,
                                          int& code);

  /// Until when statements wait for other processes' locks.
  void WaitUntil(SteadyTime until) noexcept { until_ = until; }

  /// Runs a statement and calls `row(const Statement&)` for each row. `sql` is a literal, which is
  /// prepared once and cached; `values` are bound in their order. SQLITE_OK or an error.
  template <typename Row, typename... Values>
  int ForEach(const char* sql, const Row& row, const Values&... values) {
    int code = SQLITE_OK;
    sqlite3_stmt* prepared = Prepared(sql, code);
    Statement statement(prepared, code, values...);
    while ((code = statement.Step()) == SQLITE_ROW) row(std::as_const(statement));
    return code == SQLITE_DONE ? SQLITE_OK : code;
  }
  /// `ForEach` for a statement without rows.
  template <typename... Values>
  int Run(const char* sql, const Values&... values) {
    return ForEach(
        sql, [](const Statement&) {}, values...);
  }
  /// Runs statements without results.
  int Execute(const char* sql) noexcept;
  /// Waits a moment for another process; false after the time of `WaitUntil`.
  bool Pause(int tries);

 private:
  explicit Connection(Clock& clock) : clock_(clock) {}
  static int OnBusy(void* self, int tries) noexcept;
  sqlite3_stmt* Prepared(const char* sql, int& code);

  Clock& clock_;
  SteadyTime until_{};
  SqliteHandle handle_;  // dies after its statements
  std::map<const char*, StatementHandle> statements_;
};

/// Takes the write lock at once: upgrading later can fail for good. Rolls back unless committed.
class WriteTransaction {
 public:
  explicit WriteTransaction(Connection& connection) noexcept : connection_(connection) {}
  ~WriteTransaction();
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;

  int Begin();
  int Commit();

 private:
  Connection& connection_;
  bool open_ = false;
};

}  // namespace vcache::cache
