#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "vcache/cache/counters.h"
#include "vcache/cache/entry.h"
#include "vcache/cache/entry_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/lease_store.h"
#include "vcache/cache/outbox.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

struct RedisStoreOptions {
  EntryFormatOptions format{};
  /// Serve entries marked `demo` (only with a sandbox).
  bool accept_demo = false;
  /// How long an entry of other software without expiry may be held before it is read again.
  std::chrono::seconds foreign_ttl{60};
  /// Keys per page of a clear: more is faster, fewer blocks the server for less time.
  std::size_t scan_page = 500;
  /// Set for a cluster, where a script may use keys of one hash slot only. The counters get a hash
  /// tag and are written after their verdict; `PutRequest::id` prevents counting twice.
  bool one_slot_scripts = false;
  int database = 0;  ///< Part of the channel's name.
};

/// The shared store: verdicts and counters in Redis, as docs/cache-format.md specifies. A look-up
/// or a batch is one command; each entry of other software needs one more for its life. `Put` is
/// one round trip, two with `one_slot_scripts`. A server or connection failure is kUnavailable,
/// never a miss. A `Put` or `Add` that failed may have been carried out. Before you repeat a `Put`,
/// look whether its entry is there; then its counters are too.
class RedisStore : public SharedStore, public LeaseStore, public EntryStore {};

/// Client, clock and logger must outlive the store. If the client takes text only
/// (`RespClient::takes_any_bytes`), entries are written uncompressed; compressed ones are still
/// read. Logs one line when the server stops taking writes (full, read-only) and one when it takes
/// them again.
std::unique_ptr<RedisStore> MakeRedisStore(RedisStoreOptions options, KeySpace keys,
                                           redis::RespClient& client, Clock& clock, Logger& logger);

}  // namespace vcache::cache
