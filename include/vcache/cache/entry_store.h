#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "vcache/cache/cache_key.h"
#include "vcache/cache/entry.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// One entry as a store holds it.
struct KeptEntry {
  CacheKey key;      ///< The stored one: with `KEY_SECRET` its digest is a keyed one.
  std::string json;  ///< The stored value as one line of JSON; empty if it is unreadable.
  /// What it says; null if it is unreadable or must not be served.
  SharedEntry entry{};
  std::string problem{};  ///< Why there is no entry.
  std::chrono::milliseconds ttl{0};
  bool life_known = true;  ///< False: of other software, without an end.
  std::size_t stored_bytes = 0;
};

struct EntryQuery {
  /// Where an earlier page ended; empty for the first.
  std::string cursor{};
  /// Of stored names (`KeySpace::StoredPattern`).
  KeyPattern pattern = KeyPattern::All();
  std::size_t limit = 100;  ///< At least 1.
};

/// An entry from a copy of another store.
struct EntryWrite {
  CacheKey key;       ///< The stored one.
  SharedEntry entry;  ///< Not null.
  /// The value of other software (`Entry::foreign`), which stays as it is.
  std::string json{};
  std::chrono::milliseconds ttl{0};  ///< More than 0.
};

struct MergeReport {
  std::uint64_t stored = 0;
  std::uint64_t kept = 0;  ///< What is there is as new, or newer.
};

/// What a store keeps, for administrators: a walk over it, page by page, and the entries of a copy
/// put in. Thread-safe; calls block until `deadline` at most. Every implementation passes
/// tests/support/entry_store_conformance.h.
class EntryStore {
 public:
  /// Takes one entry. False: no more for now.
  using Visit = std::function<bool(KeptEntry&&)>;

  virtual ~EntryStore() = default;

  /// Calls `visit` for the next entries that match, `limit` at most, and returns the cursor of the
  /// next page; empty after the last. A page may have fewer entries, or none, before the end: the
  /// work of one call is bounded. An entry that is there during the whole walk is visited at least
  /// once; one that comes or goes meanwhile may be. Entries whose life is over are left out. A page
  /// holds few entries in memory at a time, whatever its limit. Errors: kBadRequest for a cursor of
  /// something else, kStoreUnavailable.
  virtual Result<std::string> Page(const EntryQuery& query, const Visit& visit,
                                   Deadline deadline) = 0;

  /// The entry under a stored key; empty when there is none. Error: kStoreUnavailable.
  virtual Result<std::optional<KeptEntry>> Find(const CacheKey& stored, Deadline deadline) = 0;

  /// Stores the entries that the store lacks, or of which it has an older verdict (`stored_at`);
  /// leaves the others alone, also against a verdict that is stored at the same time. Each key may
  /// occur once. Error: kStoreUnavailable, perhaps after some.
  virtual Result<MergeReport> Merge(std::span<const EntryWrite> writes, Deadline deadline) = 0;
};

}  // namespace vcache::cache
