#include "cache/sqlite/sqlite_outbox.h"

#include <algorithm>
#include <utility>

#include "cache/stats_keys.h"
#include "cache/times.h"
#include "json/json.h"

namespace vcache::cache {
namespace {

std::string EncodeCounters(const Counters& counters) {
  Json json = Json::object();
  ForEachCount(counters,
               [&](const std::string& field, std::int64_t value) { json[field] = value; });
  return DumpJson(json);
}

Counters DecodeCounters(std::string_view text) {
  Counters counters;
  const Result<Json> json = ParseJson(text);
  if (!json || !json->is_object()) return counters;  // damaged: the counts are lost
  for (const auto& [field, value] : json->items()) {
    if (const auto number = AsInteger(&value)) AddCounterField(counters, field, *number);
  }
  return counters;
}

}  // namespace

PendingWrite PendingOf(const PutRequest& request, WallTime now, const KeySpace& keys,
                       const EntryFormatOptions& format) {
  PendingWrite write;
  write.id = request.id;
  write.made_at = request.made_at.value_or(now);
  const std::chrono::seconds ttl = std::min(request.ttl, kLongestLife);
  write.expires_at = now + std::max(ttl, std::min(request.answers_ttl, kLongestLife));
  write.counters = request.counters;
  Entry entry = *request.entry;
  entry.expires_at = now + ttl;  // as the shared store needs it
  entry.write_id = write.id;
  write.store_key = keys.StoreKey(entry.key);
  write.value = EncodeEntry(entry, format, keys.StoredDigest(entry.key));
  return write;
}

PendingWrite PendingOf(const CounterWrite& counted) {
  PendingWrite write;
  write.id = counted.id;
  write.made_at = counted.when;
  write.counters = counted.delta;
  return write;
}

int WritePending(Connection& connection, std::string_view prefix, const PendingWrite& write) {
  return connection.Run(
      "INSERT INTO outbox(prefix, id, made_ms, key, expires_ms, value, counters)"
      " VALUES(?1, coalesce(nullif(?7, ''), lower(hex(randomblob(16)))), ?2, ?3, ?4, ?5, ?6)",
      prefix, ToMillis(write.made_at), write.store_key, ToMillis(write.expires_at),
      Blob{write.value}, EncodeCounters(write.counters), write.id);
}

int ReadPending(Connection& connection, std::string_view prefix, std::size_t at_most,
                std::vector<PendingWrite>& writes) {
  return connection.ForEach(
      "SELECT number, id, made_ms, key, expires_ms, value, counters FROM outbox"
      " WHERE prefix = ?1 ORDER BY number LIMIT ?2",
      [&](const Statement& row) {
        writes.push_back({.number = row.Integer(0),
                          .id = std::string(row.Bytes(1)),
                          .store_key = std::string(row.Bytes(3)),
                          .value = std::string(row.Bytes(5)),
                          .expires_at = FromMillis(row.Integer(4)),
                          .counters = DecodeCounters(row.Bytes(6)),
                          .made_at = FromMillis(row.Integer(2))});
      },
      prefix, static_cast<std::int64_t>(at_most));
}

int ErasePending(Connection& connection, const PendingWrite& write) {
  return connection.Run("DELETE FROM outbox WHERE number = ?1 AND id = ?2", write.number, write.id);
}

int ReadClearsSeen(Connection& connection, std::string_view prefix, std::int64_t& clears) {
  return connection.ForEach(
      "SELECT value FROM counters WHERE key = ?1",
      [&](const Statement& row) { clears = row.Integer(0); },
      SumKeys{std::string(prefix)}.Clears());
}

int NoteClearsSeen(Connection& connection, std::string_view prefix, std::int64_t clears) {
  return connection.Run(
      "INSERT INTO counters(key, field, value) VALUES(?1, 'seen', ?2)"
      " ON CONFLICT DO UPDATE SET value = excluded.value",
      SumKeys{std::string(prefix)}.Clears(), clears);
}

int NoteNextClear(Connection& connection, std::string_view prefix, std::int64_t clears) {
  return connection.Run(
      "UPDATE counters SET value = ?2 WHERE key = ?1 AND field = 'seen' AND value = ?2 - 1",
      SumKeys{std::string(prefix)}.Clears(), clears);
}

int ReadUse(Connection& connection, std::int64_t& bytes) {
  return connection.ForEach(
      "SELECT (page_count - freelist_count) * page_size"
      " FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
      [&](const Statement& row) { bytes = row.Integer(0); });
}

int ReadSomeCopies(Connection& connection, std::string_view prefix, const CopyPage& page,
                   std::vector<StoredCopy>& copies) {
  return connection.ForEach(
      "SELECT id, key, expires_ms, value FROM entries"
      " WHERE id < ?3 AND expires_ms > ?4 AND (substr(key, 1, ?1 + 9) = ?2 || 'analysis:'"
      " OR substr(key, 1, ?1 + 5) = ?2 || 'text:')"
      " AND key NOT IN (SELECT key FROM outbox) ORDER BY id DESC LIMIT ?5",
      [&](const Statement& row) {
        copies.push_back({.number = row.Integer(0),
                          .store_key = std::string(row.Bytes(1)),
                          .value = std::string(row.Bytes(3)),
                          .expires_at = FromMillis(row.Integer(2))});
      },
      static_cast<std::int64_t>(prefix.size()), prefix, page.before, page.now_ms,
      static_cast<std::int64_t>(page.at_most));
}

int DropSomeCopies(Connection& connection, std::string_view prefix, std::int64_t at_most,
                   std::int64_t& dropped) {
  const int code = connection.Run(
      "DELETE FROM entries WHERE id IN (SELECT id FROM entries"
      // An empty prefix is no other's: the name of the family follows it.
      " WHERE (substr(key, 1, ?1 + 9) = ?2 || 'analysis:' OR substr(key, 1, ?1 + 5) = ?2 || "
      "'text:')"
      " AND key NOT IN (SELECT key FROM outbox) ORDER BY id LIMIT ?3)",
      static_cast<std::int64_t>(prefix.size()), prefix, at_most);
  if (code != SQLITE_OK) return code;
  return connection.ForEach("SELECT changes()",
                            [&](const Statement& row) { dropped = row.Integer(0); });
}

int DropOrphans(Connection& connection, std::string_view prefix) {
  return connection.Run(
      "UPDATE outbox SET key = '', value = x'' WHERE prefix = ?1 AND key <> ''"
      " AND NOT EXISTS (SELECT 1 FROM entries WHERE entries.key = outbox.key)",
      prefix);
}

int ReadCleared(Connection& connection, const KeySpace& keys, std::span<const ClearRecord> clears,
                std::vector<std::int64_t>& numbers) {
  return connection.ForEach(
      "SELECT number, key, made_ms FROM outbox WHERE prefix = ?1 AND key <> ''",
      [&](const Statement& row) {
        const std::string_view key = row.Bytes(1);
        if (!keys.FamilyOf(key)) return;
        const std::string_view name = key.substr(keys.prefix().size());
        const WallTime made_at = FromMillis(row.Integer(2));
        const bool is_cleared =
            std::any_of(clears.begin(), clears.end(),
                        [&](const ClearRecord& clear) { return clear.Covers(name, made_at); });
        if (is_cleared) numbers.push_back(row.Integer(0));
      },
      keys.prefix());
}

int DropPendingEntry(Connection& connection, std::int64_t number) {
  const int code = connection.Run(
      "DELETE FROM entries WHERE key = (SELECT key FROM outbox WHERE number = ?1)"
      " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.key = entries.key AND number <> ?1)",
      number);
  if (code != SQLITE_OK) return code;
  return connection.Run("UPDATE outbox SET key = '', value = x'' WHERE number = ?1", number);
}

int ReadPendingEntries(Connection& connection, const KeySpace& keys, const KeyPattern& pattern,
                       WallTime now, std::vector<PendingEntry>& entries) {
  return connection.ForEach(
      "SELECT DISTINCT key FROM outbox WHERE prefix = ?1 AND key <> '' AND expires_ms > ?2",
      [&](const Statement& row) {
        const std::string_view key = row.Bytes(0);
        const auto kind = keys.FamilyOf(key);
        if (!kind || !pattern.Matches(key.substr(keys.prefix().size()))) return;
        entries.push_back({*kind, std::string(key)});
      },
      keys.prefix(), ToMillis(now));
}

int CountPendingWrites(Connection& connection, std::string_view prefix, std::uint64_t& count) {
  return connection.ForEach(
      "SELECT count(*) FROM outbox WHERE prefix = ?1",
      [&](const Statement& row) { count = static_cast<std::uint64_t>(row.Integer(0)); }, prefix);
}

int SumPendingCounters(Connection& connection, std::string_view prefix, WallTime now,
                       CounterTotals& totals) {
  return connection.ForEach(
      "SELECT made_ms, counters FROM outbox WHERE prefix = ?1",
      [&](const Statement& row) {
        const Counters counters = DecodeCounters(row.Bytes(1));
        totals.all += counters;
        if (SameDay(FromMillis(row.Integer(0)), now)) totals.today += counters;
      },
      prefix);
}

int SumPendingCounterRange(Connection& connection, std::string_view prefix,
                           const CounterRange& range, CounterSeries& series) {
  return connection.ForEach(
      "SELECT made_ms, counters FROM outbox WHERE prefix = ?1",
      [&](const Statement& row) {
        const auto place = range.IndexOf(FromMillis(row.Integer(0)));
        if (place) series[*place] += DecodeCounters(row.Bytes(1));
      },
      prefix);
}

}  // namespace vcache::cache
