#pragma once

#include <string>
#include <string_view>

#include "cache/sqlite/sqlite_connection.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/verdict_store.h"

namespace vcache::cache {

// The entries of the local store. All answer SQLite's result codes.

/// The stored value and when its life ends; an empty value when there is none.
int ReadEntry(Connection& connection, std::string_view store_key, std::string& value,
              std::int64_t& expires_ms);

/// Stores or replaces. Inside a transaction of the caller.
int WriteEntry(Connection& connection, std::string_view store_key, std::string_view value,
               std::int64_t expires_ms);

/// Removes some of the entries whose life is over: a bounded amount, so that nobody waits long.
/// Inside a transaction of the caller.
int SweepEntries(Connection& connection, std::int64_t now_ms, int at_most);

/// A walk over the entries of one kind that match, some hundred at a time, so that the write lock
/// is free in between.
class EntryWalk {
 public:
  EntryWalk(const KeySpace& keys, const KeyPattern& pattern, ContentKind kind);

  bool done() const noexcept { return done_; }
  /// Counts (and removes) the matching ones of the next batch; those whose life was over before
  /// `now_ms` are not counted. With kDelete inside a transaction of the caller, who adds `found`
  /// up when it is committed.
  int Next(Connection& connection, ClearMode mode, std::int64_t now_ms, std::uint64_t& found);

 private:
  const KeySpace& keys_;
  const KeyPattern& pattern_;
  ContentKind kind_;
  std::string from_;  ///< The first key that may come next.
  std::string end_;
  bool done_ = false;
};

}  // namespace vcache::cache
