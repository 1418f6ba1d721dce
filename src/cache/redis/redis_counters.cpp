#include "cache/redis/redis_counters.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "cache/redis/redis_refusal.h"
#include "cache/redis/redis_scripts.h"
#include "cache/stats_keys.h"

namespace vcache::cache {
namespace {

using redis::RespCommand;
using redis::RespReply;

/// A flush each ten seconds is six commands a minute, a fold some ten: together below the twelve a
/// minute that counters may cost a replica.
constexpr std::chrono::minutes kFoldInterval{3};
/// Fields of ours that may wait: a fold reads them all, and nobody else is served meanwhile.
constexpr std::size_t kMostPending = 500;

/// Each write since the last fold is a field of the totals, and after an outage many are delivered
/// at once.
constexpr redis::ReplyLimits kTotalsLimits{.max_bytes = 64 * 1024 * 1024,
                                           .max_elements = 1'000'000};

}  // namespace

Result<RespReply> RedisCounters::Add(const CounterWrite& write, Deadline deadline) {
  if (one_slot_scripts_) {
    auto counted = CountBySlots(context_, {write.delta, write.when, write.id}, deadline);
    if (counted && !counted->is_error()) MovePendingBySlots(context_, deadline);
    return counted;
  }
  const std::string& prefix = context_.keys.prefix();
  const RespCommand set{
      {"HSET", TotalsKey(prefix), PendingField(write.when, write.id), PendingCounts(write.delta)},
      {}};
  auto counted = context_.client.Run(set, deadline);
  if (!counted || counted->is_error()) return counted;
  NotePending();
  if (TakeFold()) {
    const std::vector<std::string> keys = {TotalsKey(prefix)};
    const std::vector<std::string> arguments = FoldArguments(prefix, context_.clock.WallNow());
    const auto ignored = FoldScript().Run(context_.client, keys, arguments, deadline);
    (void)ignored;  // what was not folded waits, and is counted by readers
  }
  return counted;
}

void RedisCounters::NotePending() {
  const MutexLock lock(mutex_);
  ++pending_;
}

/// Whether to fold now. The first write of a process does: nobody may have done so for long.
bool RedisCounters::TakeFold() {
  const SteadyTime now = context_.clock.Now();
  const MutexLock lock(mutex_);
  if (folded_ && now - *folded_ < kFoldInterval && pending_ < kMostPending) return false;
  folded_ = now;
  pending_ = 0;
  return true;
}

Result<CounterTotals> RedisCounters::Read(WallTime now, Deadline deadline) {
  const std::string& prefix = context_.keys.prefix();
  const std::vector<RespCommand> commands = {
      {{"HGETALL", TotalsKey(prefix)}, kTotalsLimits},
      {{"HGETALL", DayKey(prefix, now)}, {}},
  };
  const auto replies = context_.client.Run(commands, deadline);
  if (!replies) return replies.error();
  for (const RespReply& reply : *replies) {
    if (!reply.is_array()) return RedisRefused(reply);
  }
  return TotalsOf(replies->at(0), replies->at(1), now);
}

}  // namespace vcache::cache
