#include <algorithm>
#include <utility>

#include "vcache/redis/redis_url.h"

namespace vcache::redis {
namespace {

/// Any seed leads to the rest, so more are not needed.
constexpr std::size_t kMaxSeeds = 32;
constexpr std::string_view kPlain = "redis+cluster://";
constexpr std::string_view kTls = "rediss+cluster://";

Error BadCluster(std::string what) {
  return Error{ErrorCode::kBadConfiguration, "Redis URL: " + std::move(what)};
}

}  // namespace

bool IsRedisClusterUrl(std::string_view url) {
  return url.starts_with(kPlain) || url.starts_with(kTls);
}

Result<RedisClusterUrl> ParseRedisClusterUrl(std::string_view text) {
  if (!IsRedisClusterUrl(text)) return BadCluster("it does not begin with redis+cluster://");
  const std::string scheme = text.starts_with(kTls) ? "rediss://" : "redis://";
  text.remove_prefix(text.starts_with(kTls) ? kTls.size() : kPlain.size());
  // [user[:password]@]hosts[/database][?options]: each host is parsed with the same rest.
  const std::size_t question = std::min(text.find('?'), text.size());
  const std::size_t at = text.substr(0, question).rfind('@');
  const std::size_t hosts_begin = at == std::string_view::npos ? 0 : at + 1;
  const std::size_t hosts_end = std::min(text.find('/', hosts_begin), question);
  const std::string before = scheme + std::string(text.substr(0, hosts_begin));
  const std::string behind(text.substr(hosts_end));
  std::string_view hosts = text.substr(hosts_begin, hosts_end - hosts_begin);
  RedisClusterUrl cluster;
  for (bool more = true; more;) {
    const std::size_t comma = hosts.find(',');
    more = comma != std::string_view::npos;
    auto seed = ParseRedisUrl(before + std::string(hosts.substr(0, comma)) + behind);
    if (!seed) return std::move(seed).error();
    if (seed->database != 0) {
      return BadCluster("a Redis Cluster has the database 0 only; leave the number out");
    }
    if (cluster.seeds.size() == kMaxSeeds) {
      return BadCluster("it names more than 32 hosts; some of them are enough to find the others");
    }
    cluster.seeds.push_back(*std::move(seed));
    if (more) hosts.remove_prefix(comma + 1);
  }
  return cluster;
}

std::string RedisClusterUrl::Display() const {
  std::string out;
  for (const RedisUrl& seed : seeds) {
    const std::string one = seed.Display();
    const std::size_t host = one.find("://") + 3;
    if (out.empty()) {
      out = seed.transport == RedisTransport::kTls ? kTls : kPlain;
    } else {
      out += ",";
    }
    out += one.substr(host);
  }
  return out;
}

}  // namespace vcache::redis
