#include "vcache/cache/redis/redis_budget.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "cache/redis/redis_refusal.h"
#include "cache/stats_keys.h"
#include "vcache/core/parse_number.h"

namespace vcache::cache {
namespace {

using redis::RespReply;

/// How long an adjustment may be repeated: see redis_delivery.cpp.
constexpr std::chrono::seconds kAdjustmentRemembered = std::chrono::hours(24 * 7);

// The script reads and checks everything before its first write, because Redis does not undo what a
// script did. A full server refuses the first write. Numbers are written with %.0f: Lua writes
// large ones as 1e+15. A value that is not a number belongs to other software: the sum is unknown.
// KEYS: sums. ARGV: for each its amount, limit and life in seconds. The reply: 0 or the number of
// the claim that does not fit, then the sums as text.
constexpr std::string_view kReserveSource = R"(
local held, sums, refused = redis.call('MGET', unpack(KEYS)), {}, 0
for i, key in ipairs(KEYS) do
  local sum = tonumber(held[i] or '0')
  if not sum then return redis.error_reply('ERR no number in ' .. key) end
  local amount, limit = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  if refused == 0 and amount > 0 and sum + amount > limit then refused = i end
  sums[i] = sum
end
local reply = {refused}
for i, key in ipairs(KEYS) do
  local amount = tonumber(ARGV[3 * i - 2])
  if refused == 0 and amount > 0 then
    sums[i] = sums[i] + amount
    redis.call('SET', key, string.format('%.0f', sums[i]), 'EX', ARGV[3 * i])
  end
  reply[i + 1] = string.format('%.0f', sums[i])
end
return reply
)";

// The mark is the first write. A refund to a sum that has expired changes nothing.
// KEYS: the mark, then sums. ARGV: life of the mark, then for each sum the change and its life. The
// reply is the mark, which names this change: the reply of another command is never taken for it.
constexpr std::string_view kAdjustSource = R"(
local sums, held = {}, redis.call('MGET', unpack(KEYS))
if held[1] then return KEYS[1] end
for i = 2, #KEYS do
  sums[i] = tonumber(held[i] or '0')
  if not sums[i] then return redis.error_reply('ERR no number in ' .. KEYS[i]) end
end
redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])
for i = 2, #KEYS do
  local sum = math.max(sums[i] + tonumber(ARGV[2 * i - 2]), 0)
  if held[i] or sum > 0 then
    redis.call('SET', KEYS[i], string.format('%.0f', sum), 'EX', ARGV[2 * i - 1])
  end
end
return KEYS[1]
)";

// KEYS: sums. ARGV: for each an amount and its life in seconds.
constexpr std::string_view kRaiseBudgetSource = R"(
for i, key in ipairs(KEYS) do
  local held = tonumber(redis.call('GET', key) or '0')
  if held and held < tonumber(ARGV[2 * i - 1]) then
    redis.call('SET', key, ARGV[2 * i - 1], 'EX', ARGV[2 * i])
  end
end
return 1
)";

std::string LifeText(std::chrono::seconds life) {
  return std::to_string(life.count());
}

std::optional<Usd> SumOf(const RespReply& reply) {
  if (reply.nil()) return Usd();
  const auto micros = reply.is_text() ? ParseNumber<std::int64_t>(reply.text) : std::nullopt;
  return micros ? std::optional(Usd::FromMicros(*micros)) : std::nullopt;
}

class RedisBudgetStore final : public BudgetStore {
 public:
  RedisBudgetStore(RedisBudgetOptions options, const KeySpace& keys, redis::RespClient& client)
      : keys_{keys.prefix(), options.one_slot_scripts}, client_(client) {}

  BudgetAnswer Reserve(std::span<const BudgetClaim> claims, Deadline deadline) override;
  Result<void> Adjust(const BudgetAdjustment& adjustment, Deadline deadline) override;
  Result<std::vector<Usd>> Read(std::span<const BudgetWindow> windows, Deadline deadline) override;
  Result<void> Raise(std::span<const BudgetChange> at_least, Deadline deadline) override;
  bool available() const noexcept override { return client_.available(); }

 private:
  std::string KeyOf(const BudgetWindow& window) const { return keys_.Budget(window.name); }
  const SumKeys keys_;
  redis::RespClient& client_;
};

BudgetAnswer RedisBudgetStore::Reserve(std::span<const BudgetClaim> claims, Deadline deadline) {
  if (claims.empty()) return {.outcome = BudgetOutcome::kGranted};
  static const redis::RespScript script{std::string(kReserveSource)};
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
  for (const BudgetClaim& claim : claims) {
    keys.push_back(KeyOf(claim.window));
    arguments.push_back(std::to_string(claim.amount.micros()));
    arguments.push_back(std::to_string(claim.limit.micros()));
    arguments.push_back(LifeText(claim.window.life));
  }
  BudgetAnswer answer;
  const auto reply = script.Run(client_, keys, arguments, deadline);
  if (!reply) {
    answer.reason = reply.error().message;
    return answer;
  }
  const std::size_t expected = claims.size() + 1;
  bool is_sound = reply->is_array() && reply->elements.size() == expected &&
                  reply->elements[0].integer >= 0 &&
                  reply->elements[0].integer <= static_cast<std::int64_t>(claims.size());
  for (std::size_t i = 1; is_sound && i < expected; ++i) {
    const auto sum = SumOf(reply->elements[i]);
    is_sound = sum.has_value();
    answer.sums.push_back(sum.value_or(Usd()));
  }
  if (!is_sound) return {.reason = RedisRefused(*reply).message};
  const std::int64_t refused = reply->elements[0].integer;
  answer.outcome = refused == 0 ? BudgetOutcome::kGranted : BudgetOutcome::kRefused;
  if (refused > 0) answer.refused_by = static_cast<std::size_t>(refused - 1);
  return answer;
}

Result<void> RedisBudgetStore::Adjust(const BudgetAdjustment& adjustment, Deadline deadline) {
  if (adjustment.changes.empty()) return {};
  static const redis::RespScript script{std::string(kAdjustSource)};
  std::vector<std::string> keys = {keys_.Adjusted(adjustment.id)};
  std::vector<std::string> arguments = {LifeText(kAdjustmentRemembered)};
  for (const BudgetChange& change : adjustment.changes) {
    keys.push_back(KeyOf(change.window));
    arguments.push_back(std::to_string(change.amount.micros()));
    arguments.push_back(LifeText(change.window.life));
  }
  const auto reply = script.Run(client_, keys, arguments, deadline);
  if (!reply) return reply.error();
  if (!reply->is_text() || reply->text != keys.front()) return RedisRefused(*reply);
  return {};
}

Result<void> RedisBudgetStore::Raise(std::span<const BudgetChange> at_least, Deadline deadline) {
  if (at_least.empty()) return {};
  static const redis::RespScript script{std::string(kRaiseBudgetSource)};
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
  for (const BudgetChange& sum : at_least) {
    keys.push_back(KeyOf(sum.window));
    arguments.push_back(std::to_string(sum.amount.micros()));
    arguments.push_back(LifeText(sum.window.life));
  }
  const auto reply = script.Run(client_, keys, arguments, deadline);
  if (!reply) return reply.error();
  if (reply->type != RespReply::Type::kInteger) return RedisRefused(*reply);
  return {};
}

Result<std::vector<Usd>> RedisBudgetStore::Read(std::span<const BudgetWindow> windows,
                                                Deadline deadline) {
  std::vector<redis::RespCommand> commands;
  for (const BudgetWindow& window : windows) commands.push_back({{"GET", KeyOf(window)}, {}});
  if (commands.empty()) return std::vector<Usd>();
  const auto replies = client_.Run(commands, deadline);
  if (!replies) return replies.error();
  std::vector<Usd> sums;
  for (const RespReply& reply : *replies) {
    const auto sum = SumOf(reply);
    if (!sum) return RedisRefused(reply);
    sums.push_back(*sum);
  }
  return sums;
}

}  // namespace

std::unique_ptr<BudgetStore> MakeRedisBudgetStore(RedisBudgetOptions options, KeySpace keys,
                                                  redis::RespClient& client) {
  return std::make_unique<RedisBudgetStore>(options, keys, client);
}

}  // namespace vcache::cache
