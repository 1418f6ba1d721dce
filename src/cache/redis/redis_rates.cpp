#include "vcache/cache/redis/redis_rates.h"

#include <map>
#include <utility>

#include "cache/redis/redis_refusal.h"
#include "cache/stats_keys.h"
#include "vcache/core/parse_number.h"

namespace vcache::cache {
namespace {

// KEYS: hashes. ARGV: for each its life in seconds, the number of its fields, and these with what
// is added. The reply: the sums, in that order. A value that is no number counts as 0. One command
// reads and one writes all fields of a hash.
constexpr std::string_view kRatesSource = R"(
local at, reply = 1, {}
for _, key in ipairs(KEYS) do
  local life, count, fields = ARGV[at], tonumber(ARGV[at + 1]), {}
  for i = 1, count do fields[i] = ARGV[at + 2 * i] end
  local held, new = redis.call('HMGET', key, unpack(fields)), {}
  for i = 1, count do
    local sum = (tonumber(held[i] or '') or 0) + tonumber(ARGV[at + 2 * i + 1])
    new[2 * i - 1], new[2 * i] = fields[i], string.format('%.0f', sum)
    reply[#reply + 1] = new[2 * i]
  end
  redis.call('HSET', key, unpack(new))
  redis.call('EXPIRE', key, life)
  at = at + 2 + 2 * count
end
return reply
)";

class RedisRateStore final : public RateStore {
 public:
  RedisRateStore(bool in_cluster, const KeySpace& keys, redis::RespClient& client)
      : keys_{keys.prefix(), in_cluster}, client_(client) {}

  Result<std::vector<std::uint64_t>> Exchange(std::span<const RateChange> changes,
                                              Deadline deadline) override;
  bool available() const noexcept override { return client_.available(); }

 private:
  const SumKeys keys_;
  redis::RespClient& client_;
};

Result<std::vector<std::uint64_t>> RedisRateStore::Exchange(std::span<const RateChange> changes,
                                                            Deadline deadline) {
  static const redis::RespScript script{std::string(kRatesSource)};
  std::map<std::string, std::vector<std::size_t>> windows;
  for (std::size_t i = 0; i < changes.size(); ++i) windows[changes[i].window].push_back(i);
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
  for (const auto& [window, of_window] : windows) {
    keys.push_back(keys_.Rates(window));
    arguments.push_back(std::to_string(changes[of_window.front()].life.count()));
    arguments.push_back(std::to_string(of_window.size()));
    for (const std::size_t i : of_window) {
      arguments.push_back(changes[i].field);
      arguments.push_back(std::to_string(changes[i].added));
    }
  }
  const auto reply = script.Run(client_, keys, arguments, deadline);
  if (!reply) return reply.error();
  if (!reply->is_array() || reply->elements.size() != changes.size()) return RedisRefused(*reply);
  std::vector<std::uint64_t> sums(changes.size());
  std::size_t at = 0;
  for (const auto& [window, of_window] : windows) {
    for (const std::size_t i : of_window) {
      const auto sum = ParseNumber<std::uint64_t>(reply->elements[at++].text);
      if (!sum) return RedisRefused(*reply);
      sums[i] = *sum;
    }
  }
  return sums;
}

}  // namespace

std::unique_ptr<RateStore> MakeRedisRateStore(bool in_cluster, const KeySpace& keys,
                                              redis::RespClient& client) {
  return std::make_unique<RedisRateStore>(in_cluster, keys, client);
}

}  // namespace vcache::cache
