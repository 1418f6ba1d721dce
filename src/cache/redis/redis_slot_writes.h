#pragma once

#include <string>

#include "cache/redis/redis_delivery.h"
#include "vcache/cache/counters.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/outbox.h"
#include "vcache/core/clock.h"
#include "vcache/core/result.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

// The writes of the shared store where one script may touch keys of one hash slot only. What one
// script does elsewhere is parted here, in an order in which a break anywhere loses no count; what
// comes after the break is known by an id or a number, and done once.

struct SlotContext {
  const KeySpace& keys;
  redis::RespClient& client;
  const Clock& clock;
};

struct SlotCount {
  const Counters& delta;
  WallTime when;          ///< Whose hour and day they belong to.
  const std::string& id;  ///< Counted once under it, for 7 days; empty: each time.
};

/// Adds counters to the totals and to what is pending for their hour: EVALSHA and at most four
/// commands inside. Outcomes as those of `RespClient::Run`.
Result<redis::RespReply> CountBySlots(const SlotContext& context, const SlotCount& count,
                                      Deadline deadline);

/// Moves what is pending for hours that are over to the hashes of hour and day, each once, by
/// whatever replica comes by. A move that fails or is broken off is finished by a later one.
void MovePendingBySlots(const SlotContext& context, Deadline deadline);

/// Writes what was planned: the entry, then the counters once for each id. Outcomes as those of
/// `RespClient::Run`.
Result<redis::RespReply> DeliverBySlots(const SlotContext& context, const PendingWrite& write,
                                        const DeliveryPlan& plan, Deadline deadline);

}  // namespace vcache::cache
