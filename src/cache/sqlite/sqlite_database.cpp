#include "cache/sqlite/sqlite_database.h"

#include <utility>

#include "cache/sqlite/sqlite_schema.h"

namespace vcache::cache {

SqliteDatabase::SqliteDatabase(const Options& options, std::string path, Clock& clock)
    : clock_(clock),
      path_(std::move(path)),
      busy_timeout_(options.busy_timeout),
      waits_once_(options.waits_once),
      readers_(clock),
      writer_(clock) {}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const Options& options, Clock& clock) {
  Result<std::string> path = PrepareDatabaseFile(options.directory);
  if (!path) return std::move(path).error();
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(options, *std::move(path), clock));
  for (int i = 0; i <= options.readers; ++i) {
    auto connection = OpenDatabase(database->path_, clock, options.busy_timeout);
    if (!connection) return std::move(connection).error();
    if (!options.survives_power_loss) (*connection)->Execute("PRAGMA synchronous=NORMAL");
    (i == 0 ? database->writer_ : database->readers_).Add(*std::move(connection));
  }
  return database;
}

Deadline SqliteDatabase::WriteDeadline(Deadline deadline) const {
  if (!waits_once_) return deadline;
  const auto wait = waited_in_vain_ ? std::chrono::milliseconds(0) : busy_timeout_;
  return deadline.Shortened(Deadline::After(clock_, wait));
}

ConnectionPool::Lease SqliteDatabase::Borrow(ConnectionPool& pool, Deadline deadline) {
  ConnectionPool::Lease connection = pool.Borrow(deadline.time());
  if (connection) {
    const Deadline busy = Deadline::After(clock_, busy_timeout_);
    connection->WaitUntil(deadline.Shortened(busy).time());
  }
  return connection;
}

}  // namespace vcache::cache
