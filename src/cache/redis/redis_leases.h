#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vcache/cache/key_space.h"
#include "vcache/cache/lease_store.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

// The value of a lease is its owner's token, followed by `+` when somebody asked for news; or `!`
// and the error of a failed call as JSON. docs/cache-format.md specifies it.

/// `lease:{<entry key>}` behind the prefix, for a stored name: the braces put it into the entry's
/// slot of a cluster.
std::string LeaseKey(const KeySpace& keys, const std::string& name);

bool IsHeldBy(std::string_view value, std::string_view token) noexcept;
bool IsAskedForNews(std::string_view value) noexcept;
/// Asks for the lease of a content and reads what is there: the reply to SET, and the two elements
/// of MGET: the entry and the lease. Asks again while the two contradict each other.
Result<std::vector<redis::RespReply>> RunClaim(redis::RespClient& client, const KeySpace& keys,
                                               const LeaseRequest& request, Deadline deadline);

/// Asks for news: EVALSHA and at most two commands inside. KEYS: the lease. 1 when somebody holds
/// it, else 0.
const redis::RespScript& AskForNewsScript();
/// Renews a lease or puts it back: EVALSHA and two commands inside. KEYS: the lease. ARGV: token,
/// life in milliseconds. 1, or 0 when something else is in its place.
const redis::RespScript& RenewScript();
/// Ends a lease: EVALSHA and at most three commands inside. KEYS: the lease. ARGV: token, a failure
/// to leave behind (or empty), its life in milliseconds, channel, message.
const redis::RespScript& ReleaseScript();

}  // namespace vcache::cache
