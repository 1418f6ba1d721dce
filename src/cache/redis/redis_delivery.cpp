#include "cache/redis/redis_delivery.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "cache/redis/redis_limits.h"
#include "cache/redis/redis_scripts.h"

namespace vcache::cache {
namespace {

/// How long Redis remembers a delivered write. A repetition comes within seconds, or much later
/// when the process died before it had noted the delivery.
constexpr std::chrono::hours kRemembered{24 * 7};
/// The place of the counts in the arguments of the script.
constexpr std::size_t kCountsArgument = 5;

// The first write is the mark, which a full server refuses, and then all of it. A counter key of
// another type costs the count and not the verdict: the reply says so.
// The script writes only if the value is still the one that was read. A write in between may be
// newer, or our own with a lost or damaged reply; the next attempt reads again.
constexpr std::string_view kDeliverSource = R"(
local value, life, seen, remembered, field, counts, id = unpack(ARGV)
local entry, totals, mark = unpack(KEYS)
if mark and redis.call('EXISTS', mark) == 1 then return id end
if entry ~= mark then
  local current = redis.pcall('GET', entry)
  if type(current) ~= 'table' and (current or '') ~= seen then
    return redis.status_reply('CHANGED')  -- kDeliveryChanged
  end
end
local kept = totals and redis.call('TYPE', totals)['ok'] or 'none'
if counts ~= '' and kept ~= 'hash' and kept ~= 'none' then
  if value == '' then return redis.error_reply('WRONGTYPE the counters are no hash') end
  counts = ''
  id = id .. '!'  -- kUncounted
end
if mark then redis.call('SET', mark, '1', 'EX', remembered) end
if value ~= '' then redis.call('SET', entry, value, 'EX', life) end
if counts ~= '' then redis.call('HSET', totals, field, counts) end
return id
)";

const redis::RespScript& DeliverScript() {
  static const redis::RespScript script{std::string(kDeliverSource)};
  return script;
}

/// Whether two entries are the same write. A second call for the same content has another id;
/// entries of older versions have none, and differ in the vendor's request id or in time.
bool SameButForLife(Entry one, Entry other) {
  one.expires_at.reset();
  other.expires_at.reset();
  return EncodeEntry(one) == EncodeEntry(other);
}

}  // namespace

Result<DeliveryPlan> PlanDelivery(const DeliveryOptions& options, const PendingWrite& write,
                                  Deadline deadline) {
  DeliveryPlan plan;
  // The stored digest, which key and entry share whatever the content's digest is.
  const auto key = options.keys.StoredKeyOf(write.store_key);
  if (!key) return plan;  // counters only, or of another key space by now
  const redis::RespCommand get{{"GET", write.store_key}, {kMaxValueBytes, 0}};
  const Result<redis::RespReply> found = options.client.Run(get, deadline);
  if (!found) return found.error();
  if (found->is_error() && found->error_kind() != redis::RespErrorKind::kWrongType) {
    return Error{ErrorCode::kStoreUnavailable, "Redis refuses to be asked."};
  }
  plan.looked = true;
  plan.store_entry = write.expires_at > options.clock.WallNow() + std::chrono::seconds(1);
  if (!found->is_text()) return plan;
  plan.seen = found->text;
  const auto there = DecodeEntry(found->text, *key, options.accept_demo, key->digest);
  const auto ours = DecodeEntry(write.value, *key, options.accept_demo, key->digest);
  const bool is_newer = there ? there->newer : there.error().code == kNewerVersion;
  if (is_newer) plan.store_entry = false;  // of a replica that knows more
  if (!there) return plan;                 // unreadable, or nothing that is served: overwritten
  plan.is_there = ours && SameButForLife(*there, *ours);
  if (!ours || there->stored_at >= ours->stored_at) plan.store_entry = false;
  return plan;
}

Result<redis::RespReply> RunDelivery(const DeliveryOptions& options, const PendingWrite& write,
                                     const DeliveryPlan& plan, Deadline deadline) {
  const WallTime now = options.clock.WallNow();
  const auto left = std::chrono::floor<std::chrono::seconds>(write.expires_at - now).count();
  std::vector<std::string> arguments = {plan.store_entry ? write.value : std::string(),
                                        std::to_string(std::max<std::int64_t>(left, 1)),
                                        plan.seen,
                                        std::to_string(std::chrono::seconds(kRemembered).count()),
                                        PendingField(write.made_at, write.id),
                                        PendingCounts(write.counters),
                                        write.id};
  const std::string mark = options.sums.Delivered(write.id);
  std::vector<std::string> keys = {plan.looked ? write.store_key : mark, options.sums.Totals(),
                                   mark};
  if (options.sums.in_cluster) {
    // The entry lies in another slot than its counts. It is written first: after a failure in
    // between, the counts are delivered again.
    if (plan.store_entry) {
      std::string& counts_argument = arguments[kCountsArgument];
      const std::string counts = std::exchange(counts_argument, {});
      auto stored = DeliverScript().Run(options.client, {keys.data(), 1}, arguments, deadline);
      if (!stored || !stored->is_text() || stored->text != write.id) return stored;
      arguments.front().clear();
      counts_argument = counts;
    }
    keys.front() = mark;
  }
  return DeliverScript().Run(options.client, keys, arguments, deadline);
}

}  // namespace vcache::cache
