#pragma once

#include <memory>

#include "vcache/cache/job_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

/// Jobs in the shared store, each a string `<prefix>job:<name of the entry>` that lives for an
/// hour. The client must outlive it.
std::unique_ptr<JobStore> MakeRedisJobStore(KeySpace keys, redis::RespClient& client);

}  // namespace vcache::cache
