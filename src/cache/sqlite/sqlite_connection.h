#pragma once

// The one door to SQLite. Inside the room functions answer with SQLite's own result codes, so that
// the store can judge them in one place; nothing of this is seen outside.

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/free_with.h"

namespace vcache::cache {

using SqliteHandle = std::unique_ptr<sqlite3, FreeWith<sqlite3_close_v2>>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, FreeWith<sqlite3_finalize>>;

/// One use of a prepared statement: bind, step, read; reset when it goes out of scope. What is
/// bound is not copied and must live as long as this. The first error sticks and `Step` answers it.
class Statement {
 public:
  Statement(sqlite3_stmt* statement, int code) noexcept : statement_(statement), code_(code) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(int index, std::int64_t value) noexcept;
  Statement& Bind(int index, std::string_view text) noexcept;
  Statement& BindBlob(int index, std::string_view bytes) noexcept;

  /// SQLITE_ROW, SQLITE_DONE or an error.
  int Step() noexcept;
  /// SQLITE_OK instead of the expected SQLITE_DONE.
  int Run() noexcept;

  std::int64_t Integer(int column) const noexcept;
  /// Valid until the next `Step`.
  std::string_view Bytes(int column) const noexcept;

 private:
  sqlite3_stmt* statement_;
  int code_;
};

/// A connection with its prepared statements. One thread at a time (rule P3). The clock must
/// outlive it.
class Connection {
 public:
  /// Opens an existing file (an empty one is an empty database). Null with `code` set on failure.
  /// Waits for the locks of other processes until `until`, as every later statement does.
  static std::unique_ptr<Connection> Open(const std::string& path, Clock& clock, SteadyTime until,
                                          int& code);

  /// Until when statements wait for the locks of other processes.
  void WaitUntil(SteadyTime until) noexcept { until_ = until; }

  /// `sql` is a literal: it is prepared once and kept.
  Statement Prepare(const char* sql);
  /// Runs statements without results.
  int Execute(const char* sql) noexcept;
  /// Waits a moment for another process; false when `WaitUntil`'s time has come.
  bool Pause(int tries);

 private:
  explicit Connection(Clock& clock) : clock_(clock) {}
  static int OnBusy(void* self, int tries) noexcept;

  Clock& clock_;
  SteadyTime until_{};
  SqliteHandle handle_;  // dies after its statements
  std::map<const char*, StatementHandle> statements_;
};

/// A transaction that takes the write lock at once (upgrading a read later can fail for good), and
/// rolls back unless committed.
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
