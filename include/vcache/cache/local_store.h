#pragma once

#include <cstdint>

#include "vcache/cache/counters.h"
#include "vcache/cache/outbox.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// The store on this machine's disk: verdicts, counters, and the outbox of writes that wait for the
/// shared store. Thread-safe. Several processes of one machine may share it.
class LocalStore : public VerdictStore, public CounterStore, public Outbox {
 public:
  /// `clears` is the shared store's count. When it is not the one that was given last, something
  /// was cleared meanwhile, and entries that do not wait to be delivered are dropped: they were
  /// copies of what may be gone. kStoreUnavailable.
  virtual Result<void> DropStaleCopies(std::int64_t clears, Deadline deadline) = 0;
};

}  // namespace vcache::cache
