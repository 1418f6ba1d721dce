#include "cache/redis/redis_refusal.h"

#include <string_view>

#include "vcache/core/log.h"

namespace vcache::cache {

std::string RedisWords(const redis::RespReply& reply) {
  if (!reply.is_error()) return "odd answer";
  const std::string_view text = reply.text;
  return EscapeForLog(text.substr(0, text.find(", with args")));
}

Error RedisRefused(const redis::RespReply& reply) {
  return Error{ErrorCode::kStoreUnavailable, "Redis refuses: " + RedisWords(reply)};
}

}  // namespace vcache::cache
