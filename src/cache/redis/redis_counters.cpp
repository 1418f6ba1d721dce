#include "cache/redis/redis_counters.h"

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cache/redis/redis_delivery.h"
#include "cache/redis/redis_refusal.h"
#include "cache/redis/redis_scripts.h"
#include "vcache/core/random_id.h"

namespace vcache::cache {
namespace {

using redis::RespCommand;
using redis::RespReply;

/// A flush every ten seconds takes six commands a minute, a fold about ten. Together they stay
/// below the twelve a minute that counters may cost a replica.
constexpr std::chrono::minutes kFoldInterval{3};
/// The most pending fields of this replica: a fold reads all of them and blocks the server.
constexpr std::size_t kMostPending = 500;

/// Each write since the last fold is a field of the totals, and after an outage many are delivered
/// at once.
constexpr redis::ReplyLimits kTotalsLimits{.max_bytes = 64 * 1024 * 1024,
                                           .max_elements = 1'000'000};

}  // namespace

Result<RespReply> RedisCounters::Count(const CounterWrite& write, Deadline deadline) {
  // A field written twice counts once, unless a fold comes in between. In a cluster the counts
  // follow their entry in a second step, whose repetition may come much later: there Redis keeps
  // the id.
  Result<RespReply> counted =
      sums_.in_cluster && !write.id.empty()
          ? RunDelivery({keys_, client_, clock_, sums_},
                        {.id = write.id, .counters = write.delta, .made_at = write.when}, {},
                        deadline)
          : client_.Run({{"HSET", sums_.Totals(),
                          PendingField(write.when, write.id.empty() ? RandomId() : write.id),
                          PendingCounts(write.delta)},
                         {}},
                        deadline);
  if (counted && !counted->is_error()) NotePending();
  return counted;
}

Result<RespReply> RedisCounters::Add(const CounterWrite& write, Deadline deadline) {
  auto counted = Count(write, deadline);
  if (counted && !counted->is_error() && TakeFold()) Fold(deadline);
  return counted;
}

/// The keys of the script: in a cluster also the hashes of the hours that wait.
Result<std::vector<std::string>> RedisCounters::FoldKeys(Deadline deadline) {
  std::vector<std::string> keys = {sums_.Totals()};
  if (!sums_.in_cluster) return keys;
  const auto fields = client_.Run({{"HKEYS", sums_.Totals()}, kTotalsLimits}, deadline);
  if (!fields) return fields.error();
  if (!fields->is_array()) return RedisRefused(*fields);
  std::set<std::string> hashes;
  for (const RespReply& field : fields->elements) {
    const std::string hour = HourOfPending(field.text);
    if (hour.empty()) continue;
    hashes.insert(sums_.Hour(hour));
    hashes.insert(sums_.Day(hour.substr(0, hour.find('T'))));
  }
  keys.insert(keys.end(), hashes.begin(), hashes.end());
  return keys;
}

/// After a failure the fields stay pending, and readers add them.
void RedisCounters::Fold(Deadline deadline) {
  const auto keys = FoldKeys(deadline);
  if (!keys || (sums_.in_cluster && keys->size() == 1)) return;
  const std::vector<std::string> arguments = FoldArguments(sums_, clock_.WallNow());
  const auto ignored = FoldScript().Run(client_, *keys, arguments, deadline);
  (void)ignored;
}

Result<CounterTotals> RedisCounters::Reset(WallTime now, Deadline deadline) {
  const auto keys = FoldKeys(deadline);
  if (!keys) return keys.error();
  const std::vector<std::string> arguments = ResetArguments(sums_, now);
  const auto held = FoldScript().Run(client_, *keys, arguments, deadline, kTotalsLimits);
  if (!held) return held.error();
  if (!held->is_array()) return RedisRefused(*held);
  return TotalsOf(*held, RespReply{}, now);
}

void RedisCounters::NotePending() {
  const MutexLock lock(mutex_);
  ++pending_;
}

/// Whether to fold now. The first write of a process folds: the last fold may be long ago.
bool RedisCounters::TakeFold() {
  const SteadyTime now = clock_.Now();
  const MutexLock lock(mutex_);
  if (folded_ && now - *folded_ < kFoldInterval && pending_ < kMostPending) return false;
  folded_ = now;
  pending_ = 0;
  return true;
}

Result<CounterTotals> RedisCounters::Read(WallTime now, Deadline deadline) {
  const std::vector<RespCommand> commands = {
      {{"HGETALL", sums_.Totals()}, kTotalsLimits},
      {{"HGETALL", sums_.Day(DayOf(now))}, {}},
  };
  const auto replies = client_.Run(commands, deadline);
  if (!replies) return replies.error();
  for (const RespReply& reply : *replies) {
    if (!reply.is_array()) return RedisRefused(reply);
  }
  return TotalsOf(replies->at(0), replies->at(1), now);
}

Result<CounterSeries> RedisCounters::ReadRange(const CounterRange& range, Deadline deadline) {
  if (Result<void> valid = CheckRange(range); !valid) return valid.error();
  std::vector<std::string> keys = KeysOf(range, sums_);
  keys.insert(keys.begin(), sums_.Totals());
  const auto reply = RangeScript().Run(client_, keys, {}, deadline, kTotalsLimits);
  if (!reply) return reply.error();
  auto series = SeriesOf(*reply, range);
  if (!series) return RedisRefused(*reply);
  return *std::move(series);
}

}  // namespace vcache::cache
