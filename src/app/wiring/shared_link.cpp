#include "vcache/app/wiring/shared_link.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "vcache/redis/cluster/resp_cluster.h"
#include "vcache/redis/resp_connection.h"
#include "vcache/redis/transport/authorities.h"

namespace vcache::app {
namespace {

constexpr std::string_view kUrl = "REDIS_URL";
constexpr std::string_view kRestCa = "UPSTASH_REDIS_REST_CA";
/// The cluster's servers to subscribe to: if one is down, the others still deliver.
constexpr std::size_t kEventServers = 3;

Error Of(std::string_view variable, const Error& error) {
  return {ErrorCode::kBadConfiguration, std::string(variable) + ": " + error.message};
}

/// The server of a URL; of a cluster, the first one.
Result<redis::RedisUrl> FirstServer(const std::string& url) {
  if (!redis::IsRedisClusterUrl(url)) return redis::ParseRedisUrl(url);
  Result<redis::RedisClusterUrl> cluster = redis::ParseRedisClusterUrl(url);
  if (!cluster) return std::move(cluster).error();
  return std::move(cluster->seeds.front());
}

LinkState StateOf(const redis::RespLink& link) {
  const redis::RespStatus status = link.Status();
  return {status.state == redis::RespState::kReady, status.state == redis::RespState::kRefused,
          status.reason};
}

/// Lets `recovery` know when a link with these options is ready.
void NoteReady(redis::RespLinkOptions& options, LinkRecovery& recovery) {
  options.on_state = [&recovery](const redis::RespStatus& status) {
    if (status.state == redis::RespState::kReady) recovery.NoteReady();
  };
}

SharedLink NewLink() {
  SharedLink link;
  link.recovery = std::make_unique<LinkRecovery>();
  return link;
}

Result<SharedLink> OpenCluster(const config::RedisSettings& redis, Clock& clock, Logger& logger) {
  Result<redis::RedisClusterUrl> url = redis::ParseRedisClusterUrl(redis.Address().Reveal());
  if (!url) return Of(kUrl, url.error());
  SharedLink link = NewLink();
  link.name = url->Display();
  link.backend = "redis-cluster";
  link.one_slot_scripts = true;
  link.event_urls = url->seeds;
  link.event_urls.resize(std::min(link.event_urls.size(), kEventServers), url->seeds.front());
  redis::ClusterClientOptions options;
  options.url = std::move(*url);
  options.command_timeout = redis.timeout;
  options.on_ready = [&recovery = *link.recovery] { recovery.NoteReady(); };
  auto client = redis::MakeClusterClient(std::move(options), clock, logger);
  if (!client) return Of(kUrl, client.error());
  link.state = [cluster = client->get()] {
    const redis::ClusterStatus status = cluster->Status();
    return LinkState{status.available, false, status.reason};
  };
  link.client = std::move(*client);
  return link;
}

Result<SharedLink> OpenServer(const config::RedisSettings& redis, Clock& clock, Logger& logger) {
  Result<redis::RedisUrl> url = redis::ParseRedisUrl(redis.Address().Reveal());
  if (!url) return Of(kUrl, url.error());
  SharedLink link = NewLink();
  link.name = url->Display();
  link.event_urls = {*url};
  redis::RespConnectionOptions options;
  options.url = std::move(*url);
  options.command_timeout = redis.timeout;
  options.pings = {.turn = 0, .turns = 2};
  link.event_pings = {.turn = 1, .turns = 2};
  NoteReady(options, *link.recovery);
  auto client = redis::MakeRespConnection(std::move(options), clock, logger);
  if (!client) return Of(kUrl, client.error());
  link.state = [server = client->get()] { return StateOf(*server); };
  link.client = std::move(*client);
  return link;
}

Result<SharedLink> OpenRest(const config::RedisSettings& redis, Clock& clock, Logger& logger) {
  SharedLink link = NewLink();
  link.name = config::OriginOnly(redis.rest_url);
  link.backend = "upstash-rest";
  redis::UpstashRestOptions options;
  options.url = redis.rest_url;
  options.token = redis.rest_token;
  options.ca_file = redis.rest_ca;
  options.command_timeout = redis.timeout;
  NoteReady(options, *link.recovery);
  auto client = redis::MakeUpstashRestClient(std::move(options), clock, logger);
  if (!client) return Of(kRestCa, client.error());
  link.state = [rest = client->get()] { return StateOf(*rest); };
  link.client = std::move(*client);
  link.rest_events.emplace();
  link.rest_events->url = redis.rest_url;
  link.rest_events->token = redis.rest_token;
  link.rest_events->ca_file = redis.rest_ca;
  return link;
}

}  // namespace

void LinkRecovery::Tell(std::function<void()> listener) {
  const MutexLock lock(mutex_);
  listener_ = std::move(listener);
}

void LinkRecovery::NoteReady() {
  const MutexLock lock(mutex_);
  if (!std::exchange(was_ready_, true)) return;  // the start
  if (listener_) listener_();
}

Result<SharedLink> OpenSharedLink(const config::RedisSettings& redis, Clock& clock,
                                  Logger& logger) {
  if (redis.Address().empty()) return OpenRest(redis, clock, logger);
  if (redis::IsRedisClusterUrl(redis.Address().Reveal())) return OpenCluster(redis, clock, logger);
  return OpenServer(redis, clock, logger);
}

Result<void> CheckSharedLink(const config::RedisSettings& redis) {
  const bool over_rest = redis.Address().empty();
  std::string authorities = redis.rest_ca;
  if (!over_rest) {
    const Result<redis::RedisUrl> server = FirstServer(redis.Address().Reveal());
    if (!server) return Of(kUrl, server.error());
    authorities = server->tls_ca_file;
  }
  const Result<void> trusted = redis::CheckAuthorities(authorities);
  if (!trusted) return Of(over_rest ? kRestCa : kUrl, trusted.error());
  return {};
}

}  // namespace vcache::app
