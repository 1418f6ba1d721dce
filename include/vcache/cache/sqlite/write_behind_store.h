#pragma once

#include <cstddef>
#include <memory>

#include "vcache/cache/entry.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/local_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"

namespace vcache::cache {

struct WriteBehindOptions {
  EntryFormatOptions format{};
  /// The most that waits in memory; what does not fit is refused as the store refuses it.
  std::size_t max_bytes = 16 * 1024 * 1024;
  /// How long a verdict waits for the store before it waits in memory.
  std::chrono::milliseconds patience{250};
};

/// A local store in front of which verdicts wait in memory while it cannot be written: another
/// process holds its lock, or the disk is full. They are found there, and a thread writes them in
/// their order as soon as the store takes them. Its attempts, with growing pauses, are the only
/// ones meanwhile: no caller waits for the store. Copies (`PutCopy`) always take this way. What
/// waits is lost with the process. One log line says that verdicts wait, one that none does any
/// more. Thread-safe.
class WriteBehindStore : public LocalStore {
 public:
  /// Starts the thread.
  virtual void Start() = 0;
  /// Ends the thread and writes what waits; logs what is lost. Idempotent.
  virtual void Stop() = 0;
  /// Writes what waits until a write fails. True when nothing is left. Called by the thread and by
  /// tests.
  virtual bool WriteNow() = 0;
};

/// All must outlive the store. `keys` are those of `disk`.
std::unique_ptr<WriteBehindStore> MakeWriteBehindStore(LocalStore& disk, KeySpace keys,
                                                       WriteBehindOptions options, Clock& clock,
                                                       Logger& logger);

}  // namespace vcache::cache
