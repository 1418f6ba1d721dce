#pragma once

#include <memory>

#include "vcache/cache/key_space.h"
#include "vcache/cache/rate_store.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

/// Counts in Redis, as docs/cache-format.md specifies; an exchange is one script. In a cluster they
/// lie in one slot. The client must outlive the store.
std::unique_ptr<RateStore> MakeRedisRateStore(bool in_cluster, const KeySpace& keys,
                                              redis::RespClient& client);

}  // namespace vcache::cache
