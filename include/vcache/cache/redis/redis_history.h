#pragma once

#include <memory>

#include "vcache/cache/history_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/clock.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

/// Histories in the shared store, each a sorted set `<prefix>history:<digest of the owner>` by
/// time. A write takes one command for each owner; once an hour three more remove what is too old
/// or too much, and set the set's life. Clock and client must outlive it.
std::unique_ptr<HistoryStore> MakeRedisHistory(HistoryLimits limits, KeySpace keys,
                                               redis::RespClient& client, Clock& clock);

}  // namespace vcache::cache
