#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "cache/sqlite/connection_pool.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// The database of a directory, for one purpose of this process: one connection that writes, and
/// some that read. Threads of this process wait for a connection until their deadline; at SQLite's
/// lock they wait for other processes until the deadline and `busy_timeout` at most. Thread-safe;
/// the clock must outlive it.
class SqliteDatabase {
 public:
  struct Options {
    std::filesystem::path directory;
    int readers = 0;  ///< Connections for `Read`, which needs one at least.
    std::chrono::milliseconds busy_timeout{};
    /// Whether a commit waits until the disk has it. Without that, a commit survives the process
    /// only.
    bool survives_power_loss = true;
    /// For writes that callers would rather do without than wait for: a write waits for threads and
    /// processes `busy_timeout` at most, and not at all after one that waited in vain, until one
    /// succeeds.
    bool waits_once = false;
  };

  /// Makes directory, file and tables where they are missing. kBadConfiguration, or kIo with what
  /// is wrong with the file.
  static Result<std::unique_ptr<SqliteDatabase>> Open(const Options& options, Clock& clock);

  const std::string& path() const noexcept { return path_; }

  /// Runs `int step(Connection&)` in one transaction, which takes the write lock at once. SQLITE_OK
  /// commits. SQLITE_DONE says that there is nothing to write: it rolls back and returns SQLITE_OK.
  /// Anything else rolls back. SQLITE_BUSY when no connection came free in time.
  template <typename Step>
  int Write(Deadline deadline, const Step& step) {
    const int code = WriteOnce(WriteDeadline(deadline), step);
    waited_in_vain_ = (code & 0xFF) == SQLITE_BUSY;
    return code;
  }

  /// Runs `int step(Connection&)` without a transaction, and returns its result.
  template <typename Step>
  int Read(Deadline deadline, const Step& step) {
    const ConnectionPool::Lease connection = Borrow(readers_, deadline);
    return connection ? step(*connection) : SQLITE_BUSY;
  }

 private:
  template <typename Step>
  int WriteOnce(Deadline deadline, const Step& step) {
    const ConnectionPool::Lease connection = Borrow(writer_, deadline);
    if (!connection) return SQLITE_BUSY;
    WriteTransaction transaction(*connection);
    int code = transaction.Begin();
    if (code == SQLITE_OK) code = step(*connection);
    if (code == SQLITE_DONE) return SQLITE_OK;
    return code == SQLITE_OK ? transaction.Commit() : code;
  }

  SqliteDatabase(const Options& options, std::string path, Clock& clock);
  Deadline WriteDeadline(Deadline deadline) const;
  ConnectionPool::Lease Borrow(ConnectionPool& pool, Deadline deadline);

  Clock& clock_;
  const std::string path_;
  const std::chrono::milliseconds busy_timeout_;
  const bool waits_once_;
  std::atomic<bool> waited_in_vain_{false};  ///< The last write.
  ConnectionPool readers_;
  // One connection writes. Threads of this process queue for it, nearly in order of arrival. Only
  // other processes compete for SQLite's lock, for which a thread must poll.
  ConnectionPool writer_;
};

}  // namespace vcache::cache
