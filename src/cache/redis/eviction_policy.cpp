#include "vcache/cache/redis/eviction_policy.h"

#include <string_view>

#include "vcache/core/log.h"

namespace vcache::cache {

std::optional<std::string> EvictionPolicy(redis::RespClient& client, Deadline deadline) {
  constexpr std::string_view kField = "maxmemory_policy:";
  constexpr redis::ReplyLimits kInfoLimits{.max_bytes = 64 * 1024, .max_elements = 0};
  const auto reply = client.Run({{"INFO", "memory"}, kInfoLimits}, deadline);
  if (!reply || !reply->is_text()) return std::nullopt;
  const std::string_view info = reply->text;
  const std::size_t at = info.find(kField);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view policy = info.substr(at + kField.size());
  policy = policy.substr(0, policy.find_first_of("\r\n"));
  if (policy.empty() || policy == "noeviction") return std::nullopt;
  return EscapeForLog(policy);
}

}  // namespace vcache::cache
