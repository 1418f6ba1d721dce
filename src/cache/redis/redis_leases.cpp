#include "cache/redis/redis_leases.h"

#include <utility>

#include "cache/lease_failure.h"
#include "cache/redis/redis_limits.h"
#include "cache/redis/redis_refusal.h"

namespace vcache::cache {
namespace {

constexpr char kAsked = '+';

// KEEPTTL: Redis 6.0.
constexpr std::string_view kAskSource = R"(
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, 1) == '!' then return 0 end
if string.sub(held, -1) ~= '+' then redis.call('SET', KEYS[1], held .. '+', 'KEEPTTL') end
return 1
)";

constexpr std::string_view kRenewSource = R"(
local token, life = unpack(ARGV)
local held = redis.call('GET', KEYS[1])
if not held then
  redis.call('SET', KEYS[1], token, 'PX', life)
elseif held == token or held == token .. '+' then
  redis.call('PEXPIRE', KEYS[1], life)
else
  return 0
end
return 1
)";

constexpr std::string_view kReleaseSource = R"(
local token, failure, life, channel, message = unpack(ARGV)
local held = redis.call('GET', KEYS[1])
if held ~= token and held ~= token .. '+' then return 0 end
if failure ~= '' then
  redis.call('SET', KEYS[1], failure, 'PX', life)
else
  redis.call('DEL', KEYS[1])
end
if held ~= token then redis.call('PUBLISH', channel, message) end
return 1
)";

constexpr std::string_view kTakeOverSource = R"(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
)";

/// How often a claim is asked for while its replies contradict each other.
constexpr int kMostClaims = 5;

/// The reply of a script that answers 1 or 0.
Result<bool> YesOrNo(const Result<redis::RespReply>& reply) {
  if (!reply) return reply.error();
  if (reply->type != redis::RespReply::Type::kInteger) return RedisRefused(*reply);
  return reply->integer == 1;
}

bool SaysOurs(const redis::RespReply& read, const std::string& token) {
  return read.is_array() && read.elements.size() >= 3 && IsHeldBy(read.elements[1].text, token);
}

}  // namespace

std::string LeaseKey(const KeySpace& keys, const std::string& name) {
  return keys.prefix() + "lease:{" + keys.prefix() + name + "}";
}

bool IsHeldBy(std::string_view value, std::string_view token) noexcept {
  if (IsAskedForNews(value)) value.remove_suffix(1);
  return value == token;
}

bool IsAskedForNews(std::string_view value) noexcept {
  return value.ends_with(kAsked) && !value.starts_with(kFailureMark);
}

Result<std::vector<redis::RespReply>> RunClaim(redis::RespClient& client, const KeySpace& keys,
                                               const std::string& also, const LeaseRequest& request,
                                               Deadline deadline) {
  const std::string lease = LeaseKey(keys, keys.NameOf(request.key));
  // The lease first: its last holder wrote the verdict before the lease was free, and on the same
  // connection a read sees at least what the write before it saw.
  std::vector<redis::RespCommand> commands = {
      {{"SET", lease, request.token, "NX", "PX", std::to_string(request.life.count())}, {}},
      {{"MGET", keys.StoreKey(request.key), lease, keys.FailureKey(request.key)},
       {kMaxValueBytes, 4}},
  };
  if (!also.empty()) commands.back().words.push_back(also);
  auto replies = client.Run(commands, deadline);
  const bool granted = replies && replies->at(0).is_status("OK");
  // A grant and another owner contradict each other: a reply was damaged. The same question again
  // tells, as the token is the same. Else this replica would wait for the end of its own lease.
  for (int asked = 1; replies && granted && !SaysOurs(replies->at(1), request.token); ++asked) {
    if (asked == kMostClaims) {
      return Error{ErrorCode::kStoreUnavailable, "Redis contradicts itself about a lease."};
    }
    replies = client.Run(commands, deadline);
  }
  return replies;
}

Result<bool> AskForNews(redis::RespClient& client, const KeySpace& keys, const CacheKey& key,
                        Deadline deadline) {
  static const redis::RespScript script{std::string(kAskSource)};
  const std::vector<std::string> names = {LeaseKey(keys, keys.NameOf(key))};
  return YesOrNo(script.Run(client, names, {}, deadline));
}

Result<bool> RenewLease(redis::RespClient& client, const KeySpace& keys,
                        const LeaseRequest& request, Deadline deadline) {
  static const redis::RespScript script{std::string(kRenewSource)};
  const std::vector<std::string> names = {LeaseKey(keys, keys.NameOf(request.key))};
  const std::vector<std::string> arguments = {request.token, std::to_string(request.life.count())};
  return YesOrNo(script.Run(client, names, arguments, deadline));
}

Result<redis::RespReply> RunTakeOver(redis::RespClient& client, const KeySpace& keys,
                                     const LeaseRequest& request, const std::string& failure,
                                     Deadline deadline) {
  static const redis::RespScript script{std::string(kTakeOverSource)};
  const std::vector<std::string> names = {LeaseKey(keys, keys.NameOf(request.key))};
  const std::vector<std::string> arguments = {failure, request.token,
                                              std::to_string(request.life.count())};
  return script.Run(client, names, arguments, deadline);
}

const redis::RespScript& ReleaseScript() {
  static const redis::RespScript script{std::string(kReleaseSource)};
  return script;
}

}  // namespace vcache::cache
