#include "cache/sqlite/sqlite_entries.h"

#include <vector>

namespace vcache::cache {
namespace {

constexpr int kRemovalBatch = 500;

int RemoveRow(Connection& connection, std::int64_t id) {
  return connection.Prepare("DELETE FROM entries WHERE id = ?1").Bind(1, id).Run();
}

}  // namespace

int ReadEntry(Connection& connection, std::string_view store_key, std::string& value,
              std::int64_t& expires_ms) {
  Statement statement = connection.Prepare("SELECT value, expires_ms FROM entries WHERE key = ?1");
  const int code = statement.Bind(1, store_key).Step();
  if (code == SQLITE_DONE) {
    value.clear();
    expires_ms = 0;
    return SQLITE_OK;
  }
  if (code != SQLITE_ROW) return code;
  value = statement.Bytes(0);
  expires_ms = statement.Integer(1);
  return SQLITE_OK;
}

int WriteEntry(Connection& connection, std::string_view store_key, std::string_view value,
               std::int64_t expires_ms) {
  return connection
      .Prepare(
          "INSERT INTO entries(key, expires_ms, value) VALUES(?1, ?2, ?3)"
          " ON CONFLICT DO UPDATE SET expires_ms = excluded.expires_ms, value = excluded.value")
      .Bind(1, store_key)
      .Bind(2, expires_ms)
      .BindBlob(3, value)
      .Run();
}

int SweepEntries(Connection& connection, std::int64_t now_ms, int at_most) {
  return connection
      .Prepare(
          "DELETE FROM entries WHERE id IN"
          " (SELECT id FROM entries WHERE expires_ms <= ?1 ORDER BY expires_ms LIMIT ?2)")
      .Bind(1, now_ms)
      .Bind(2, std::int64_t{at_most})
      .Run();
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
  {
    Statement statement = connection.Prepare(
        "SELECT id, key, expires_ms FROM entries WHERE key >= ?1 AND key < ?2"
        " ORDER BY key LIMIT ?3");
    const std::string from = from_;
    statement.Bind(1, std::string_view(from)).Bind(2, std::string_view(end_));
    statement.Bind(3, std::int64_t{kRemovalBatch});
    int code = SQLITE_OK;
    while ((code = statement.Step()) == SQLITE_ROW) {
      ++rows;
      const std::string_view key = statement.Bytes(1);
      from_ = key;
      from_ += '\0';  // the smallest key after this one
      if (keys_.FamilyOf(key) != kind_) continue;
      if (!pattern_.Matches(key.substr(keys_.prefix().size()))) continue;
      matching.push_back(statement.Integer(0));
      if (statement.Integer(2) > now_ms) ++found;
    }
    if (code != SQLITE_DONE) return code;
  }
  done_ = rows < kRemovalBatch;
  if (mode == ClearMode::kDryRun) return SQLITE_OK;
  for (const std::int64_t id : matching) {
    if (const int code = RemoveRow(connection, id); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

}  // namespace vcache::cache
