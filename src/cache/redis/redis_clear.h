#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "vcache/cache/key_space.h"
#include "vcache/cache/outbox.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/clock.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

struct RedisClearContext {
  const KeySpace& keys;
  redis::RespClient& client;
  const Clock& clock;
  std::size_t page;
};

/// Walks the whole database and removes (or counts) our entries that match, page by page, so that
/// it never blocks the server for long (rule R9). kStoreUnavailable says what was cleared so far.
Result<ClearReport> ClearRedis(const RedisClearContext& context, const KeyPattern& pattern,
                               ClearMode mode, Deadline deadline);

/// A glob of Redis that matches `prefix` only.
std::string EscapeGlob(std::string_view prefix);

/// How many of the entries are not in the store, by kind. Error: kStoreUnavailable.
Result<ClearReport> CountMissingEntries(redis::RespClient& client,
                                        std::span<const PendingEntry> entries, Deadline deadline);

/// The count of clears under `key`; draws an epoch when there is none. 0 from a server that takes
/// no writes. Error: kStoreUnavailable.
Result<std::int64_t> CountRedisClears(redis::RespClient& client, const std::string& key,
                                      Deadline deadline);

}  // namespace vcache::cache
