#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "vcache/cache/counters.h"
#include "vcache/cache/entry.h"
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
  /// Serve entries marked `demo` (with a sandbox only).
  bool accept_demo = false;
  /// How long an entry of other software that has no end is held before it is asked for again.
  std::chrono::seconds foreign_ttl{60};
  /// How many keys a clear asks for at once: more is faster, fewer holds the server up less.
  std::size_t scan_page = 500;
  /// A script may touch keys of one hash slot only, as in a cluster. Verdict and counters are then
  /// written one after the other, and `PutRequest::id` keeps the counts from being added twice.
  bool one_slot_scripts = false;
};

/// The shared store: verdicts and counters in a Redis, as docs/cache-format.md specifies. A look-up
/// is one command, a batch one (entries of other software: one more each, for their life), `Keep`
/// one round trip (two with `one_slot_scripts`). What the server or the connection cannot answer is
/// kUnavailable, never a miss. A `Keep` or `Add` that failed may have been carried out: whoever
/// repeats a `Keep` looks first whether its entry is there (its counters then are, too).
class RedisStore : public SharedStore, public LeaseStore {};

/// Client, clock and logger must outlive the store. Over a client that takes text only
/// (`RespClient::takes_any_bytes`) entries are written uncompressed; compressed ones are read. One
/// log line when the server stops taking writes (full, read only) while it goes on answering, and
/// one when it takes them again.
std::unique_ptr<RedisStore> MakeRedisStore(RedisStoreOptions options, KeySpace keys,
                                           redis::RespClient& client, Clock& clock, Logger& logger);

}  // namespace vcache::cache
