#pragma once

#include <optional>
#include <span>
#include <string>

#include "vcache/cache/entry_store.h"
#include "vcache/core/clock.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

struct RedisEntriesContext {
  const KeySpace& keys;
  redis::RespClient& client;
  const Clock& clock;
  bool accept_demo;
};

/// A page of the entries in Redis, by SCAN and MGET; an entry of other software costs a PTTL more.
Result<std::string> PageOfRedis(const RedisEntriesContext& context, const EntryQuery& query,
                                const EntryStore::Visit& visit, Deadline deadline);

/// The entry under a stored key.
Result<std::optional<KeptEntry>> FindInRedis(const RedisEntriesContext& context,
                                             const CacheKey& stored, Deadline deadline);

/// Puts the entries of a copy in: one MGET for many, and one SET for each that is missing; one
/// script with two commands for each that replaces an older one.
Result<MergeReport> MergeIntoRedis(const RedisEntriesContext& context,
                                   const EntryFormatOptions& format,
                                   std::span<const EntryWrite> writes, Deadline deadline);

}  // namespace vcache::cache
