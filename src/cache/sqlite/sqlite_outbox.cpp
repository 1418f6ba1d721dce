#include "cache/sqlite/sqlite_outbox.h"

#include <utility>

#include "cache/stats_keys.h"
#include "cache/times.h"
#include "json/json.h"

namespace vcache::cache {
namespace {

std::string EncodeCounters(const Counters& counters) {
  Json json = Json::object();
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      const auto counter = static_cast<Counter>(i);
      if (const std::int64_t value = counters.at(kind, counter); value != 0) {
        json[CounterField(kind, counter)] = value;
      }
    }
  }
  return DumpJson(json);
}

Counters DecodeCounters(std::string_view text) {
  Counters counters;
  const Result<Json> json = ParseJson(text);
  if (!json || !json->is_object()) return counters;  // damaged: the counts are lost
  for (const auto& [field, value] : json->items()) {
    if (const auto number = AsInteger(&value)) SetCounterField(counters, field, *number);
  }
  return counters;
}

}  // namespace

PendingWrite PendingOf(const PutRequest& request, std::chrono::milliseconds life, WallTime now,
                       const KeySpace& keys, const EntryFormatOptions& format) {
  PendingWrite write;
  write.id = request.id;
  write.made_at = now;
  write.expires_at = now + life;
  write.counters = request.counters;
  Entry entry = *request.entry;
  entry.expires_at = write.expires_at;  // as the shared store needs it
  write.store_key = keys.StoreKey(entry.key);
  write.value = EncodeEntry(entry, format, keys.StoredDigest(entry.key));
  return write;
}

int WritePending(Connection& connection, std::string_view prefix, const PendingWrite& write) {
  const std::string counters = EncodeCounters(write.counters);
  return connection
      .Prepare(
          "INSERT INTO outbox(prefix, id, made_ms, key, expires_ms, value, counters)"
          " VALUES(?1, coalesce(nullif(?7, ''), lower(hex(randomblob(16)))), ?2, ?3, ?4, ?5, ?6)")
      .Bind(1, prefix)
      .Bind(2, ToMillis(write.made_at))
      .Bind(3, std::string_view(write.store_key))
      .Bind(4, ToMillis(write.expires_at))
      .BindBlob(5, write.value)
      .Bind(6, std::string_view(counters))
      .Bind(7, std::string_view(write.id))
      .Run();
}

int ReadPending(Connection& connection, std::string_view prefix, std::size_t at_most,
                std::vector<PendingWrite>& writes) {
  Statement statement = connection.Prepare(
      "SELECT number, id, made_ms, key, expires_ms, value, counters FROM outbox"
      " WHERE prefix = ?1 ORDER BY number LIMIT ?2");
  statement.Bind(1, prefix).Bind(2, static_cast<std::int64_t>(at_most));
  int code = SQLITE_OK;
  while ((code = statement.Step()) == SQLITE_ROW) {
    PendingWrite write;
    write.number = statement.Integer(0);
    write.id = statement.Bytes(1);
    write.made_at = FromMillis(statement.Integer(2));
    write.store_key = statement.Bytes(3);
    write.expires_at = FromMillis(statement.Integer(4));
    write.value = statement.Bytes(5);
    write.counters = DecodeCounters(statement.Bytes(6));
    writes.push_back(std::move(write));
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int ErasePending(Connection& connection, const PendingWrite& write) {
  return connection.Prepare("DELETE FROM outbox WHERE number = ?1 AND id = ?2")
      .Bind(1, write.number)
      .Bind(2, std::string_view(write.id))
      .Run();
}

int ReadClearsSeen(Connection& connection, std::string_view prefix, std::int64_t& clears) {
  const std::string key = ClearsKey(prefix);
  Statement statement = connection.Prepare("SELECT value FROM counters WHERE key = ?1");
  const int code = statement.Bind(1, std::string_view(key)).Step();
  if (code == SQLITE_ROW) clears = statement.Integer(0);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int NoteClearsSeen(Connection& connection, std::string_view prefix, std::int64_t clears) {
  const std::string key = ClearsKey(prefix);
  return connection
      .Prepare(
          "INSERT INTO counters(key, field, value) VALUES(?1, 'seen', ?2)"
          " ON CONFLICT DO UPDATE SET value = excluded.value")
      .Bind(1, std::string_view(key))
      .Bind(2, clears)
      .Run();
}

int DropSomeCopies(Connection& connection, std::string_view prefix, std::int64_t at_most,
                   std::int64_t& dropped) {
  const int code =
      connection
          .Prepare(
              "DELETE FROM entries WHERE id IN (SELECT id FROM entries"
              " WHERE substr(key, 1, ?1) = ?2 AND key NOT IN (SELECT key FROM outbox) LIMIT ?3)")
          .Bind(1, static_cast<std::int64_t>(prefix.size()))
          .Bind(2, prefix)
          .Bind(3, at_most)
          .Run();
  if (code != SQLITE_OK) return code;
  Statement changes = connection.Prepare("SELECT changes()");
  if (const int read = changes.Step(); read != SQLITE_ROW) return read;
  dropped = changes.Integer(0);
  return SQLITE_OK;
}

int DropOrphans(Connection& connection, std::string_view prefix) {
  return connection
      .Prepare(
          "UPDATE outbox SET key = '', value = x'' WHERE prefix = ?1 AND key <> ''"
          " AND NOT EXISTS (SELECT 1 FROM entries WHERE entries.key = outbox.key)")
      .Bind(1, prefix)
      .Run();
}

int ReadWaitingEntries(Connection& connection, const KeySpace& keys, const KeyPattern& pattern,
                       WallTime now, std::vector<WaitingEntry>& entries) {
  Statement statement = connection.Prepare(
      "SELECT DISTINCT key FROM outbox WHERE prefix = ?1 AND key <> '' AND expires_ms > ?2");
  statement.Bind(1, std::string_view(keys.prefix())).Bind(2, ToMillis(now));
  int code = SQLITE_OK;
  while ((code = statement.Step()) == SQLITE_ROW) {
    const std::string_view key = statement.Bytes(0);
    const auto kind = keys.FamilyOf(key);
    if (!kind || !pattern.Matches(key.substr(keys.prefix().size()))) continue;
    entries.push_back({*kind, std::string(key)});
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int CountPendingWrites(Connection& connection, std::string_view prefix, std::uint64_t& count) {
  Statement statement = connection.Prepare("SELECT count(*) FROM outbox WHERE prefix = ?1");
  const int code = statement.Bind(1, prefix).Step();
  if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_OK : code;
  count = static_cast<std::uint64_t>(statement.Integer(0));
  return SQLITE_OK;
}

int SumPendingCounters(Connection& connection, std::string_view prefix, WallTime now,
                       CounterTotals& totals) {
  Statement statement =
      connection.Prepare("SELECT made_ms, counters FROM outbox WHERE prefix = ?1");
  statement.Bind(1, prefix);
  const auto today = std::chrono::floor<std::chrono::days>(now);
  int code = SQLITE_OK;
  while ((code = statement.Step()) == SQLITE_ROW) {
    const Counters counters = DecodeCounters(statement.Bytes(1));
    totals.all += counters;
    const WallTime made_at = FromMillis(statement.Integer(0));
    if (std::chrono::floor<std::chrono::days>(made_at) == today) totals.today += counters;
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

}  // namespace vcache::cache
