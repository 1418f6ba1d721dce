#include "cache/sqlite/sqlite_entries.h"

#include <utility>
#include <vector>

#include "cache/times.h"
#include "vcache/cache/entry.h"

namespace vcache::cache {
namespace {

constexpr int kRemovalBatch = 500;

/// The stored value and its expiry; an empty value when there is none.
int ReadEntry(Connection& connection, std::string_view store_key, std::string& value,
              std::int64_t& expires_ms) {
  value.clear();
  expires_ms = 0;
  return connection.ForEach(
      "SELECT value, expires_ms FROM entries WHERE key = ?1",
      [&](const Statement& row) {
        value = row.Bytes(0);
        expires_ms = row.Integer(1);
      },
      store_key);
}

}  // namespace

int LookUpEntry(Connection& connection, const KeySpace& keys, const CacheKey& key, bool accept_demo,
                WallTime now, LookupResult& result) {
  std::string value;
  std::int64_t expires_ms = 0;
  int code = ReadEntry(connection, keys.StoreKey(key), value, expires_ms);
  if (code != SQLITE_OK) return code;
  const std::chrono::milliseconds left(expires_ms - ToMillis(now));
  if (left.count() <= 0) {
    code = ReadEntry(connection, keys.FailureKey(key), value, expires_ms);
    if (expires_ms > ToMillis(now)) result.charged_failure = DecodeChargedFailure(value);
    return code;
  }
  Result<Entry> entry = DecodeEntry(value, key, accept_demo, keys.StoredDigest(key));
  if (entry) {
    entry->write_id.clear();  // set only while the entry is pending
    const auto expires_at = std::exchange(entry->expires_at, std::nullopt);
    result.ttl = left;
    if (entry->verdict.partial && expires_at) {
      result.ttl = std::chrono::milliseconds(ToMillis(*expires_at) - ToMillis(now));
    }
    const bool is_over = result.ttl.count() <= 0;  // then only its answers are kept
    if (!is_over) result.outcome = LookupOutcome::kHit;
    (is_over ? result.earlier : result.entry) = std::make_shared<const Entry>(std::move(*entry));
  } else if (entry.error().code != ErrorCode::kNotCached) {
    result.outcome = LookupOutcome::kCorrupt;
    result.reason = entry.error().message;
    result.newer = entry.error().code == kNewerVersion;
  }
  return SQLITE_OK;
}

int WriteEntry(Connection& connection, std::string_view store_key, std::string_view value,
               std::int64_t expires_ms) {
  return connection.Run(
      "INSERT INTO entries(key, expires_ms, value) VALUES(?1, ?2, ?3)"
      " ON CONFLICT DO UPDATE SET expires_ms = excluded.expires_ms, value = excluded.value",
      store_key, expires_ms, Blob{value});
}

int ShortenEntry(Connection& connection, std::string_view store_key, std::int64_t expires_ms) {
  return connection.Run("UPDATE entries SET expires_ms = ?2 WHERE key = ?1 AND expires_ms > ?2",
                        store_key, expires_ms);
}

int SweepEntries(Connection& connection, std::int64_t now_ms, int at_most) {
  return connection.Run(
      "DELETE FROM entries WHERE id IN"
      " (SELECT id FROM entries WHERE expires_ms <= ?1 ORDER BY expires_ms LIMIT ?2)",
      now_ms, at_most);
}

int DropChargedFailures(Connection& connection, const KeySpace& keys, const KeyPattern& pattern) {
  std::vector<std::int64_t> matching;
  int code = connection.ForEach(
      "SELECT id, key FROM entries WHERE key >= ?1 AND key < ?2",
      [&](const Statement& row) {
        const std::string_view entry = keys.EntryOfFailure(row.Bytes(1));
        if (!entry.empty() && pattern.Matches(entry.substr(keys.prefix().size()))) {
          matching.push_back(row.Integer(0));
        }
      },
      keys.prefix() + "failed:{", keys.prefix() + "failed:|");
  for (std::size_t i = 0; code == SQLITE_OK && i < matching.size(); ++i) {
    code = connection.Run("DELETE FROM entries WHERE id = ?1", matching[i]);
  }
  return code;
}

EntryWalk::EntryWalk(const KeySpace& keys, const KeyPattern& pattern, ContentKind kind)
    : keys_(keys), pattern_(pattern), kind_(kind) {
  // The text before the first wildcard bounds the keys that can match.
  const std::string family = std::string(KindName(kind)) + ":";
  const std::string literal = pattern.text().substr(0, pattern.text().find_first_of("*?"));
  const bool is_longer = literal.starts_with(family);
  done_ = !is_longer && !family.starts_with(literal);
  from_ = keys.prefix() + (is_longer ? literal : family);
  end_ = from_;
  ++end_.back();  // keys are ASCII after the prefix: no overflow
}

int EntryWalk::Next(Connection& connection, ClearMode mode, std::int64_t now_ms,
                    std::uint64_t& found) {
  std::vector<std::int64_t> matching;
  int rows = 0;
  const std::string from = from_;
  const int code = connection.ForEach(
      "SELECT id, key, expires_ms FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3",
      [&](const Statement& row) {
        ++rows;
        const std::string_view key = row.Bytes(1);
        from_ = key;
        from_ += '\0';  // the smallest key after this one
        if (keys_.FamilyOf(key) != kind_) return;
        if (!pattern_.Matches(key.substr(keys_.prefix().size()))) return;
        matching.push_back(row.Integer(0));
        if (row.Integer(2) > now_ms) ++found;
      },
      from, end_, kRemovalBatch);
  if (code != SQLITE_OK) return code;
  done_ = rows < kRemovalBatch;
  if (mode == ClearMode::kDryRun) return SQLITE_OK;
  for (const std::int64_t id : matching) {
    const int removed = connection.Run("DELETE FROM entries WHERE id = ?1", id);
    if (removed != SQLITE_OK) return removed;
  }
  return SQLITE_OK;
}

}  // namespace vcache::cache
