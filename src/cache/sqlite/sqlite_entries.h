#pragma once

#include <string>
#include <string_view>

#include "cache/sqlite/sqlite_connection.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/clock.h"

namespace vcache::cache {

// The entries of the local store. All return SQLite's result codes.

/// What the store knows of a content. Leaves `tier` as it is.
int LookUpEntry(Connection& connection, const KeySpace& keys, const CacheKey& key, bool accept_demo,
                WallTime now, LookupResult& result);

/// Stores or replaces. Call inside a transaction.
int WriteEntry(Connection& connection, std::string_view store_key, std::string_view value,
               std::int64_t expires_ms);

/// Lets an entry expire then, unless it expires before. Call inside a transaction.
int ShortenEntry(Connection& connection, std::string_view store_key, std::int64_t expires_ms);

/// Removes at most `at_most` expired entries. Call inside a transaction.
int SweepEntries(Connection& connection, std::int64_t now_ms, int at_most);

/// Removes what holds the matching contents back. Call inside a transaction.
int DropChargedFailures(Connection& connection, const KeySpace& keys, const KeyPattern& pattern);

/// Walks over the matching entries of one kind in batches; the write lock is free in between.
class EntryWalk {
 public:
  EntryWalk(const KeySpace& keys, const KeyPattern& pattern, ContentKind kind);

  bool done() const noexcept { return done_; }
  /// Counts (and with kDelete removes) the matches of the next batch; entries that expired before
  /// `now_ms` do not count. With kDelete, call it inside a transaction and use `found` only after
  /// the commit.
  int Next(Connection& connection, ClearMode mode, std::int64_t now_ms, std::uint64_t& found);

 private:
  const KeySpace& keys_;
  const KeyPattern& pattern_;
  ContentKind kind_;
  std::string from_;  ///< Where the next batch begins.
  std::string end_;
  bool done_ = false;
};

}  // namespace vcache::cache
