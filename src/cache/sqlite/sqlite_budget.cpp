#include "vcache/cache/sqlite/sqlite_budget.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cache/sqlite/sqlite_database.h"
#include "cache/stats_keys.h"
#include "cache/times.h"
#include "vcache/cache/trusted_time.h"
#include "vcache/core/random_id.h"

namespace vcache::cache {
namespace {

/// How long an adjustment's id is remembered.
constexpr std::chrono::hours kMarkRemembered{24 * 7};

Result<void> ResultOf(int code) {
  if (code == SQLITE_OK) return {};
  return Error{ErrorCode::kStoreUnavailable,
               std::string("The local store does not answer: ") + sqlite3_errstr(code) + "."};
}

class SqliteBudget final : public SqliteBudgetStore {
 public:
  SqliteBudget(const KeySpace& keys, Clock& clock, std::unique_ptr<SqliteDatabase> database)
      : keys_{keys.prefix()}, time_(clock), database_(std::move(database)) {}

  BudgetAnswer Reserve(std::span<const BudgetClaim> claims, Deadline deadline) override;
  Result<void> Adjust(const BudgetAdjustment& adjustment, Deadline deadline) override;
  Result<std::vector<Usd>> Read(std::span<const BudgetWindow> windows, Deadline deadline) override;
  bool available() const noexcept override { return true; }

  Result<void> PutPending(const BudgetAdjustment& adjustment, Deadline deadline) override;
  Result<BudgetAdjustment> NextPending(Deadline deadline) override;
  Result<void> RemovePending(const std::string& id, Deadline deadline) override;
  Result<std::vector<BudgetChange>> SumPending(Deadline deadline) override;

 private:
  int ReadSum(Connection& connection, const BudgetWindow& window, Usd& sum);
  int WriteSum(Connection& connection, const BudgetWindow& window, Usd sum);
  int Mark(Connection& connection, const std::string& id, bool& is_new);
  int Sweep(Connection& connection);
  int ReadBatch(Connection& connection, BudgetAdjustment& batch) const;

  const SumKeys keys_;
  TrustedTime time_;
  const std::unique_ptr<SqliteDatabase> database_;
};

int SqliteBudget::ReadSum(Connection& connection, const BudgetWindow& window, Usd& sum) {
  sum = {};
  return connection.ForEach(
      "SELECT micros FROM budget WHERE key = ?1 AND expires_ms > ?2",
      [&](const Statement& row) { sum = Usd::FromMicros(row.Integer(0)); },
      keys_.Budget(window.name), ToMillis(time_.Now().earliest));
}

int SqliteBudget::WriteSum(Connection& connection, const BudgetWindow& window, Usd sum) {
  return connection.Run(
      "INSERT INTO budget(key, micros, expires_ms) VALUES(?1, ?2, ?3)"
      " ON CONFLICT DO UPDATE SET micros = excluded.micros, expires_ms = excluded.expires_ms",
      keys_.Budget(window.name), sum.micros(), ToMillis(time_.Now().latest + window.life));
}

int SqliteBudget::Mark(Connection& connection, const std::string& id, bool& is_new) {
  is_new = false;
  return connection.ForEach(
      "INSERT INTO budget(key, micros, expires_ms) VALUES(?1, 0, ?2)"
      " ON CONFLICT DO NOTHING RETURNING 1",
      [&](const Statement&) { is_new = true; }, keys_.Adjusted(id),
      ToMillis(time_.Now().latest + kMarkRemembered));
}

int SqliteBudget::Sweep(Connection& connection) {
  const TrustedTime::Range now = time_.Now();
  if (!now.agrees()) return SQLITE_OK;
  return connection.Run(
      "DELETE FROM budget WHERE key IN (SELECT key FROM budget WHERE expires_ms <= ?1 LIMIT 32)",
      ToMillis(now.latest));
}

BudgetAnswer SqliteBudget::Reserve(std::span<const BudgetClaim> claims, Deadline deadline) {
  BudgetAnswer answer;
  const int code = database_->Write(deadline, [&](Connection& connection) {
    answer.outcome = BudgetOutcome::kGranted;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      Usd sum;
      const int read = ReadSum(connection, claims[i].window, sum);
      if (read != SQLITE_OK) return read;
      answer.sums.push_back(sum);
      const Usd amount = claims[i].amount;
      if (amount != Usd() && sum + amount > claims[i].limit) answer.RefuseBy(i);
    }
    if (answer.outcome == BudgetOutcome::kRefused) return SQLITE_DONE;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      if (claims[i].amount == Usd()) continue;
      answer.sums[i] += claims[i].amount;
      const int written = WriteSum(connection, claims[i].window, answer.sums[i]);
      if (written != SQLITE_OK) return written;
    }
    return Sweep(connection);
  });
  if (code == SQLITE_OK) return answer;
  return {.reason = ResultOf(code).error().message};
}

Result<void> SqliteBudget::Adjust(const BudgetAdjustment& adjustment, Deadline deadline) {
  const int code = database_->Write(deadline, [&](Connection& connection) {
    bool is_new = false;
    const int marked = Mark(connection, adjustment.id, is_new);
    if (marked != SQLITE_OK) return marked;
    if (!is_new) return SQLITE_DONE;
    for (const BudgetChange& change : adjustment.changes) {
      Usd sum;
      if (const int read = ReadSum(connection, change.window, sum); read != SQLITE_OK) return read;
      sum = std::max(sum + change.amount, Usd());
      const int written = WriteSum(connection, change.window, sum);
      if (written != SQLITE_OK) return written;
    }
    return Sweep(connection);
  });
  return ResultOf(code);
}

Result<std::vector<Usd>> SqliteBudget::Read(std::span<const BudgetWindow> windows,
                                            Deadline deadline) {
  std::vector<Usd> sums;
  const int code = database_->Write(deadline, [&](Connection& connection) {
    for (const BudgetWindow& window : windows) {
      sums.emplace_back();
      const int read = ReadSum(connection, window, sums.back());
      if (read != SQLITE_OK) return read;
    }
    return SQLITE_DONE;
  });
  if (auto done = ResultOf(code); !done) return std::move(done).error();
  return sums;
}

Result<void> SqliteBudget::PutPending(const BudgetAdjustment& adjustment, Deadline deadline) {
  const int code = database_->Write(deadline, [&](Connection& connection) {
    for (const BudgetChange& change : adjustment.changes) {
      const int written = connection.Run(
          "INSERT INTO budget_outbox(prefix, id, name, life_s, micros) VALUES(?1, ?2, ?3, ?4, ?5)"
          " ON CONFLICT DO UPDATE SET micros = micros + excluded.micros",
          keys_.prefix, adjustment.id, change.window.name, std::int64_t{change.window.life.count()},
          change.amount.micros());
      if (written != SQLITE_OK) return written;
    }
    return SQLITE_OK;
  });
  return ResultOf(code);
}

/// Any sealed batch; an empty id when there is none.
int SqliteBudget::ReadBatch(Connection& connection, BudgetAdjustment& batch) const {
  return connection.ForEach(
      "SELECT id, name, life_s, micros FROM budget_outbox WHERE prefix = ?1 AND id ="
      " (SELECT min(id) FROM budget_outbox WHERE prefix = ?1 AND id <> '')",
      [&](const Statement& row) {
        batch.id = row.Bytes(0);
        batch.changes.push_back({{std::string(row.Bytes(1)), std::chrono::seconds(row.Integer(2))},
                                 Usd::FromMicros(row.Integer(3))});
      },
      keys_.prefix);
}

Result<BudgetAdjustment> SqliteBudget::NextPending(Deadline deadline) {
  BudgetAdjustment batch;
  const std::string fresh = RandomId();
  const int code = database_->Write(deadline, [&](Connection& connection) {
    const int found = ReadBatch(connection, batch);
    if (found != SQLITE_OK) return found;
    if (!batch.id.empty()) return SQLITE_DONE;
    const int sealed = connection.Run(
        "UPDATE budget_outbox SET id = ?2 WHERE prefix = ?1 AND id = ''", keys_.prefix, fresh);
    return sealed != SQLITE_OK ? sealed : ReadBatch(connection, batch);
  });
  if (auto done = ResultOf(code); !done) return std::move(done).error();
  return batch;
}

Result<void> SqliteBudget::RemovePending(const std::string& id, Deadline deadline) {
  const int code = database_->Write(deadline, [&](Connection& connection) {
    return connection.Run("DELETE FROM budget_outbox WHERE prefix = ?1 AND id = ?2", keys_.prefix,
                          id);
  });
  return ResultOf(code);
}

Result<std::vector<BudgetChange>> SqliteBudget::SumPending(Deadline deadline) {
  std::vector<BudgetChange> sums;
  const int code = database_->Write(deadline, [&](Connection& connection) {
    return connection.ForEach(
        "SELECT name, max(life_s), sum(micros) FROM budget_outbox WHERE prefix = ?1 GROUP BY name",
        [&](const Statement& row) {
          sums.push_back({{std::string(row.Bytes(0)), std::chrono::seconds(row.Integer(1))},
                          Usd::FromMicros(row.Integer(2))});
        },
        keys_.prefix);
  });
  if (auto done = ResultOf(code); !done) return std::move(done).error();
  return sums;
}

}  // namespace

Result<std::unique_ptr<SqliteBudgetStore>> OpenSqliteBudget(SqliteBudgetOptions options,
                                                            KeySpace keys, Clock& clock) {
  auto database = SqliteDatabase::Open({.directory = std::move(options.directory),
                                        .busy_timeout = options.busy_timeout,
                                        .waits_once = true},
                                       clock);
  if (!database) return std::move(database).error();
  return std::unique_ptr<SqliteBudgetStore>(
      std::make_unique<SqliteBudget>(keys, clock, *std::move(database)));
}

}  // namespace vcache::cache
