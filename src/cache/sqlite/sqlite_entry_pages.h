#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/sqlite/sqlite_connection.h"
#include "vcache/cache/entry_store.h"
#include "vcache/core/clock.h"

namespace vcache::cache {

/// A page of the local store's entries, read in small portions, by the number of the row.
class SqlitePage {
 public:
  SqlitePage(const KeySpace& keys, const EntryQuery& query, const EntryStore::Visit& visit,
             bool accept_demo)
      : keys_(keys), query_(query), visit_(visit), accept_demo_(accept_demo), left_(query.limit) {}

  /// Error: kBadRequest.
  Result<void> Begin();
  bool done() const noexcept { return left_ == 0 || is_at_end_ || portions_ == 0; }
  /// Reads the next portion. SQLite's result code.
  int Next(Connection& connection, WallTime now);
  /// Of the next page.
  std::string cursor() const;

 private:
  void Take(const Statement& row, WallTime now);

  const KeySpace& keys_;
  const EntryQuery& query_;
  const EntryStore::Visit& visit_;
  const bool accept_demo_;
  std::size_t left_;
  std::int64_t last_id_ = 0;
  bool is_at_end_ = false;
  int portions_ = 100;  ///< That one page may still read: 50,000 rows when nothing matches.
};

/// The entry under a stored key. SQLite's result code.
int FindKept(Connection& connection, const KeySpace& keys, const CacheKey& stored, bool accept_demo,
             WallTime now, std::optional<KeptEntry>& found);

/// Puts one entry of a copy in. Call inside a transaction. SQLite's result code.
int MergeEntry(Connection& connection, const KeySpace& keys, const EntryWrite& write,
               const EntryFormatOptions& format, bool accept_demo, WallTime now,
               MergeReport& report);

}  // namespace vcache::cache
