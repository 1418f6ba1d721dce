#pragma once

#include "cache/stats_keys.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/outbox.h"
#include "vcache/core/clock.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

struct DeliveryOptions {
  const KeySpace& keys;
  redis::RespClient& client;
  const Clock& clock;
  const SumKeys& sums;
  bool accept_demo = false;
};

/// What a delivery found out before it writes: whether the entry is to be stored, and whether all
/// of it was stored long ago.
struct DeliveryPlan {
  bool store_entry = false;
  /// The write was carried out although its reply got lost: nothing is left to do.
  bool is_there = false;
  bool looked = false;  ///< Whether `seen` says something.
  std::string seen{};   ///< The value that the entry would replace; empty when there was none.
};

/// What `RunDelivery` answers, in place of the write's id, when the key no longer has what was
/// seen. Nothing was written then.
inline constexpr std::string_view kDeliveryChanged = "CHANGED";

/// Stands behind the write's id in a reply when the verdict was written and its cost was not
/// counted, because the key of the counters is of another type.
inline constexpr std::string_view kUncounted = "!";

/// Compares the waiting entry with the one in the store: newer wins, by `storedAt`.
/// kStoreUnavailable.
Result<DeliveryPlan> PlanDelivery(const DeliveryOptions& options, const PendingWrite& write,
                                  Deadline deadline);

/// Writes what was planned, in one step that is carried out once for each id: EVALSHA and at most
/// six commands inside. In a cluster these are two steps, the entry and then the counts, of which
/// the id guards the second. The reply to what was written, now or before, is the write's id: the
/// reply of another command can never be taken for it. Outcomes as those of `RespClient::Run`.
Result<redis::RespReply> RunDelivery(const DeliveryOptions& options, const PendingWrite& write,
                                     const DeliveryPlan& plan, Deadline deadline);

}  // namespace vcache::cache
