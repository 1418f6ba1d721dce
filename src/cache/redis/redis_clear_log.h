#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cache/stats_keys.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/outbox.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

/// Counts a clear and logs it, in one step: a replica that sees the count finds the clear. The
/// reply is the new count as text, or the server's error.
Result<redis::RespReply> CountAndLogClear(redis::RespClient& client, const SumKeys& keys,
                                          const ClearRecord& clear, Deadline deadline);

/// The logged clears after the count `seen`, all of them without one. A clear up to the count
/// `clears` that is not in the log (too many came since, or an older version counted it) may have
/// been any: it is one of everything at `now`. Error: kStoreUnavailable.
Result<std::vector<ClearRecord>> ReadClearLog(redis::RespClient& client, const SumKeys& keys,
                                              std::optional<std::int64_t> seen, std::int64_t clears,
                                              WallTime now, Deadline deadline);

}  // namespace vcache::cache
