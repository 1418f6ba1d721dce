#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vcache/cache/counters.h"
#include "vcache/cache/entry_store.h"
#include "vcache/cache/outbox.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// The store on this machine's disk: verdicts, counters, and the outbox of the shared store.
/// Thread-safe. Several processes of one machine may share it.
class LocalStore : public VerdictStore, public CounterStore, public Outbox, public EntryStore {
 public:
  /// Several `Put` in one atomic step.
  virtual Result<void> PutMany(std::span<const PutRequest> requests, Deadline deadline) = 0;

  /// Stores a copy of what the shared store has; it bears no counters. A failure loses nothing now.
  virtual void PutCopy(const PutRequest& copy) = 0;

  /// The shared store's count of clears at the last comparison; empty before the first. Error:
  /// kStoreUnavailable.
  virtual Result<std::optional<std::int64_t>> ClearsSeen(Deadline deadline) = 0;

  /// `clears` is the shared store's count of clears. When a clear may have been missed since the
  /// last call, entries without a pending write are dropped: the shared store may have cleared the
  /// originals. Returns the count of that last call, `clears` the first time. Error:
  /// kStoreUnavailable.
  virtual Result<std::int64_t> DropStaleCopies(std::int64_t clears, Deadline deadline) = 0;

  /// Removes the oldest entries without a pending write, until the file's content is at most
  /// `max_bytes` or there are no more. Error: kStoreUnavailable.
  virtual Result<void> TrimCopies(std::uint64_t max_bytes, Deadline deadline) = 0;

  /// Living entries without a pending write and with a number below `before`, the newest first.
  /// Error: kStoreUnavailable.
  virtual Result<std::vector<StoredCopy>> ReadCopies(std::int64_t before, std::size_t at_most,
                                                     Deadline deadline) = 0;

  /// A clear was carried out here too, and the shared store's count with it is `clears`. Nothing
  /// changes if another clear may have been missed before. Error: kStoreUnavailable.
  virtual Result<void> NoteClear(std::int64_t clears, Deadline deadline) = 0;
};

}  // namespace vcache::cache
