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

/// Asks for the lease of a content and reads what is there: the reply to SET, and the elements of
/// MGET: the entry, the lease, what holds the content back, and `also` unless that is empty. Asks
/// again while SET and MGET contradict each other.
Result<std::vector<redis::RespReply>> RunClaim(redis::RespClient& client, const KeySpace& keys,
                                               const std::string& also, const LeaseRequest& request,
                                               Deadline deadline);

/// Asks for news: EVALSHA and at most two commands inside. Whether somebody holds the lease. Error:
/// kStoreUnavailable.
Result<bool> AskForNews(redis::RespClient& client, const KeySpace& keys, const CacheKey& key,
                        Deadline deadline);
/// Renews a lease or puts it back: EVALSHA and two commands inside. False when something else is in
/// its place. Error: kStoreUnavailable.
Result<bool> RenewLease(redis::RespClient& client, const KeySpace& keys,
                        const LeaseRequest& request, Deadline deadline);
/// Takes the lease in place of `failure`, the value as read: EVALSHA and two commands inside. 1
/// when it is taken, 0 when the value has changed. Outcomes: as `RespClient::Run`.
Result<redis::RespReply> RunTakeOver(redis::RespClient& client, const KeySpace& keys,
                                     const LeaseRequest& request, const std::string& failure,
                                     Deadline deadline);
/// Ends a lease: EVALSHA and at most three commands inside. KEYS: the lease. ARGV: token, a failure
/// to leave behind (or empty), its life in milliseconds, channel, message.
const redis::RespScript& ReleaseScript();

}  // namespace vcache::cache
