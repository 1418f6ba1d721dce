#include "vcache/cache/sqlite/sqlite_history.h"

#include <cstdint>
#include <utility>

#include "cache/history_names.h"
#include "cache/sqlite/sqlite_database.h"
#include "cache/times.h"

namespace vcache::cache {
namespace {

Result<void> HistoryResult(int code) {
  if (code == SQLITE_OK) return {};
  return Error{ErrorCode::kStoreUnavailable,
               std::string("The local store does not answer: ") + sqlite3_errstr(code) + "."};
}

class SqliteHistory final : public HistoryStore {
 public:
  SqliteHistory(HistoryLimits limits, KeySpace keys, Clock& clock,
                std::unique_ptr<SqliteDatabase> database)
      : limits_(limits), keys_(std::move(keys)), clock_(clock), database_(std::move(database)) {}

  Result<void> Append(std::span<const HistoryWrite> writes, Deadline deadline) override;
  Result<std::vector<HistoryRecord>> Read(const std::string& owner, Deadline deadline) override;
  Result<bool> Remove(const std::string& owner, const std::string& id, Deadline deadline) override;
  Result<std::size_t> Erase(const std::string& owner, Deadline deadline) override;

 private:
  int Add(Connection& connection, const HistoryWrite& write) const;
  std::string NameOf(const std::string& owner) const {
    return HistoryName(keys_, limits_.family, owner);
  }
  std::int64_t Oldest() const { return ToMillis(clock_.WallNow() - limits_.life); }

  const HistoryLimits limits_;
  const KeySpace keys_;
  Clock& clock_;
  const std::unique_ptr<SqliteDatabase> database_;
};

int SqliteHistory::Add(Connection& connection, const HistoryWrite& write) const {
  const std::string owner = NameOf(write.owner);
  for (const HistoryRecord& record : write.records) {
    const int code = connection.Run(
        "INSERT INTO history(owner, id, at_ms, body) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        owner, record.id, ToMillis(record.at), record.body);
    if (code != SQLITE_OK) return code;
  }
  return connection.Run(
      "DELETE FROM history WHERE owner = ?1 AND id IN (SELECT id FROM history WHERE owner = ?1"
      " ORDER BY at_ms DESC, id DESC LIMIT -1 OFFSET ?2)",
      owner, static_cast<std::int64_t>(limits_.entries));
}

Result<void> SqliteHistory::Append(std::span<const HistoryWrite> writes, Deadline deadline) {
  return HistoryResult(database_->Write(deadline, [&](Connection& connection) {
    for (const HistoryWrite& write : writes) {
      if (const int code = Add(connection, write); code != SQLITE_OK) return code;
    }
    const std::string family = keys_.prefix() + limits_.family;
    return connection.Run(
        "DELETE FROM history WHERE (owner, id) IN (SELECT owner, id FROM history"
        " WHERE at_ms < ?1 AND owner > ?2 AND owner < ?3 LIMIT 256)",
        Oldest(), family + ":", family + ";");
  }));
}

Result<std::vector<HistoryRecord>> SqliteHistory::Read(const std::string& owner,
                                                       Deadline deadline) {
  std::vector<HistoryRecord> records;
  const int code = database_->Read(deadline, [&](Connection& connection) {
    return connection.ForEach(
        "SELECT id, at_ms, body FROM history WHERE owner = ?1 AND at_ms >= ?2"
        " ORDER BY at_ms DESC, id DESC LIMIT ?3",
        [&](const Statement& row) {
          records.push_back(
              {std::string(row.Bytes(0)), FromMillis(row.Integer(1)), std::string(row.Bytes(2))});
        },
        NameOf(owner), Oldest(), static_cast<std::int64_t>(limits_.entries));
  });
  if (auto done = HistoryResult(code); !done) return std::move(done).error();
  return records;
}

Result<bool> SqliteHistory::Remove(const std::string& owner, const std::string& id,
                                   Deadline deadline) {
  bool removed = false;
  const int code = database_->Write(deadline, [&](Connection& connection) {
    return connection.ForEach(
        "DELETE FROM history WHERE owner = ?1 AND id = ?2 RETURNING 1",
        [&](const Statement&) { removed = true; }, NameOf(owner), id);
  });
  if (auto done = HistoryResult(code); !done) return std::move(done).error();
  return removed;
}

Result<std::size_t> SqliteHistory::Erase(const std::string& owner, Deadline deadline) {
  std::size_t removed = 0;
  const int code = database_->Write(deadline, [&](Connection& connection) {
    return connection.ForEach(
        "DELETE FROM history WHERE owner = ?1 RETURNING 1", [&](const Statement&) { ++removed; },
        NameOf(owner));
  });
  if (auto done = HistoryResult(code); !done) return std::move(done).error();
  return removed;
}

}  // namespace

Result<std::unique_ptr<HistoryStore>> OpenSqliteHistory(SqliteHistoryOptions options, KeySpace keys,
                                                        Clock& clock) {
  auto database = SqliteDatabase::Open({.directory = std::move(options.directory),
                                        .readers = 1,
                                        .busy_timeout = options.busy_timeout,
                                        .survives_power_loss = false},
                                       clock);
  if (!database) return std::move(database).error();
  return std::unique_ptr<HistoryStore>(std::make_unique<SqliteHistory>(
      options.limits, std::move(keys), clock, *std::move(database)));
}

}  // namespace vcache::cache
