#pragma once

#include <optional>
#include <string>

#include "vcache/core/deadline.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

/// The server's `maxmemory-policy` if it may remove keys when it is full: counters, budget sums and
/// leases then go without a word. Empty for `noeviction`, and when the server does not tell. One
/// command.
std::optional<std::string> EvictionPolicy(redis::RespClient& client, Deadline deadline);

}  // namespace vcache::cache
