#include "cache/sqlite/sqlite_entry_pages.h"

#include <algorithm>
#include <utility>

#include "cache/kept_entry.h"
#include "cache/sqlite/sqlite_entries.h"
#include "cache/times.h"
#include "vcache/core/parse_number.h"

namespace vcache::cache {
namespace {

constexpr std::int64_t kRowsAtOnce = 500;

}  // namespace

Result<void> SqlitePage::Begin() {
  std::string_view text = query_.cursor;
  if (text.empty()) return {};
  if (text.front() != 's') return ForeignCursor();
  text.remove_prefix(1);
  const auto id = ParseNumber<std::int64_t>(text);
  if (!id || *id < 0) return ForeignCursor();
  last_id_ = *id;
  return {};
}

int SqlitePage::Next(Connection& connection, WallTime now) {
  --portions_;
  std::int64_t rows = 0;
  const int code = connection.ForEach(
      "SELECT id, key, expires_ms, value FROM entries WHERE id > ?1 ORDER BY id LIMIT ?2",
      [&](const Statement& row) {
        ++rows;
        if (left_ > 0) Take(row, now);
      },
      std::int64_t{last_id_}, kRowsAtOnce);
  if (code == SQLITE_OK && rows < kRowsAtOnce && left_ > 0) is_at_end_ = true;
  return code;
}

void SqlitePage::Take(const Statement& row, WallTime now) {
  last_id_ = row.Integer(0);
  const auto key = keys_.StoredKeyOf(row.Bytes(1));
  if (!key || !query_.pattern.Matches(key->ToString())) return;
  auto kept = ReadKept(*key, row.Bytes(3), accept_demo_, FromMillis(row.Integer(2)), now);
  if (!kept || kept->ttl.count() <= 0) return;
  --left_;
  if (!visit_(*std::move(kept))) left_ = 0;
}

std::string SqlitePage::cursor() const {
  return is_at_end_ ? std::string() : "s" + std::to_string(last_id_);
}

int FindKept(Connection& connection, const KeySpace& keys, const CacheKey& stored, bool accept_demo,
             WallTime now, std::optional<KeptEntry>& found) {
  return connection.ForEach(
      "SELECT value, expires_ms FROM entries WHERE key = ?1",
      [&](const Statement& row) {
        found = ReadKept(stored, row.Bytes(0), accept_demo, FromMillis(row.Integer(1)), now);
        if (found && found->ttl.count() <= 0) found.reset();
      },
      keys.prefix() + stored.ToString());
}

int MergeEntry(Connection& connection, const KeySpace& keys, const EntryWrite& write,
               const EntryFormatOptions& format, bool accept_demo, WallTime now,
               MergeReport& report) {
  const std::string store_key = keys.prefix() + write.key.ToString();
  bool must_stay = false;
  int code = connection.ForEach(
      "SELECT value, expires_ms FROM entries WHERE key = ?1",
      [&](const Statement& row) {
        must_stay =
            row.Integer(1) > ToMillis(now) && !GivesWay(row.Bytes(0), write, accept_demo, now);
      },
      store_key);
  if (code != SQLITE_OK) return code;
  ++(must_stay ? report.kept : report.stored);
  if (must_stay) return SQLITE_OK;
  const auto life = std::min<std::chrono::milliseconds>(write.ttl, kLongestLife);
  return WriteEntry(connection, store_key, ValueOf(write, format, std::nullopt),
                    ToMillis(now + life));
}

}  // namespace vcache::cache
