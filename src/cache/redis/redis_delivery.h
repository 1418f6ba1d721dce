#pragma once

#include <string>

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

/// What a delivery read before it writes.
struct DeliveryPlan {
  bool store_entry = false;
  /// Redis has the write already; its reply was lost.
  bool is_there = false;
  bool looked = false;  ///< Whether the value was read.
  std::string seen{};   ///< The value that the entry would replace; empty without one.
};

/// The answer of `RunDelivery` when the value has changed since; nothing was written.
inline constexpr std::string_view kDeliveryChanged = "CHANGED";

/// Follows the write's id in a reply: the verdict was written, and its cost was not counted,
/// because the key of the counters is of another type.
inline constexpr std::string_view kUncounted = "!";

/// Compares the pending entry with the one in the store; the newer `storedAt` wins.
/// kStoreUnavailable.
Result<DeliveryPlan> PlanDelivery(const DeliveryOptions& options, const PendingWrite& write,
                                  Deadline deadline);

/// Writes what was planned, once for each id, in one script: EVALSHA and at most six commands
/// inside. A cluster takes two: the entry, then the counts, which alone the id guards. The reply to
/// a write, now or before, is its id, so that no other command's reply is taken for it. Outcomes:
/// as `RespClient::Run`.
Result<redis::RespReply> RunDelivery(const DeliveryOptions& options, const PendingWrite& write,
                                     const DeliveryPlan& plan, Deadline deadline);

}  // namespace vcache::cache
