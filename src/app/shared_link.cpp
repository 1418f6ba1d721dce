#include "vcache/app/shared_link.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "vcache/net/resp_cluster.h"
#include "vcache/net/resp_connection.h"

namespace vcache::app {
namespace {

constexpr std::string_view kUrl = "REDIS_URL";
/// Servers of a cluster that events are heard from: one that is down leaves the others.
constexpr std::size_t kEventServers = 3;

Error Of(std::string_view variable, const Error& error) {
  return {ErrorCode::kBadConfiguration, std::string(variable) + ": " + error.message};
}

LinkState StateOf(const net::RespLink& link) {
  const net::RespStatus status = link.Status();
  return {status.state == net::RespState::kReady, status.state == net::RespState::kRefused,
          status.reason};
}

Result<SharedLink> OpenCluster(const config::RedisSettings& redis, Clock& clock, Logger& logger) {
  Result<net::RedisClusterUrl> url = net::ParseRedisClusterUrl(redis.url.Reveal());
  if (!url) return Of(kUrl, url.error());
  SharedLink link;
  link.name = url->Display();
  link.backend = "redis-cluster";
  link.one_slot_scripts = true;
  link.event_urls = url->seeds;
  link.event_urls.resize(std::min(link.event_urls.size(), kEventServers), url->seeds.front());
  net::ClusterClientOptions options;
  options.url = std::move(*url);
  options.command_timeout = redis.timeout;
  auto client = net::MakeClusterClient(std::move(options), clock, logger);
  if (!client) return Of(kUrl, client.error());
  link.state = [cluster = client->get()] {
    const net::ClusterStatus status = cluster->Status();
    return LinkState{status.available, false, status.reason};
  };
  link.client = std::move(*client);
  return link;
}

Result<SharedLink> OpenServer(const config::RedisSettings& redis, Clock& clock, Logger& logger) {
  Result<net::RedisUrl> url = net::ParseRedisUrl(redis.url.Reveal());
  if (!url) return Of(kUrl, url.error());
  SharedLink link;
  link.name = url->Display();
  link.event_urls = {*url};
  net::RespConnectionOptions options;
  options.url = std::move(*url);
  options.command_timeout = redis.timeout;
  options.pings = {.turn = 0, .turns = 2};
  link.event_pings = {.turn = 1, .turns = 2};
  auto client = net::MakeRespConnection(std::move(options), clock, logger);
  if (!client) return Of(kUrl, client.error());
  link.state = [server = client->get()] { return StateOf(*server); };
  link.client = std::move(*client);
  return link;
}

Result<SharedLink> OpenRest(const config::RedisSettings& redis, Clock& clock, Logger& logger) {
  SharedLink link;
  link.name = redis.rest_url;
  link.backend = "upstash-rest";
  net::UpstashRestOptions options;
  options.url = redis.rest_url;
  options.token = redis.rest_token;
  options.ca_file = redis.rest_ca;
  options.command_timeout = redis.timeout;
  auto client = net::MakeUpstashRestClient(std::move(options), clock, logger);
  if (!client) return Of("UPSTASH_REDIS_REST_CA", client.error());
  link.state = [rest = client->get()] { return StateOf(*rest); };
  link.client = std::move(*client);
  link.rest_events.emplace();
  link.rest_events->url = redis.rest_url;
  link.rest_events->token = redis.rest_token;
  link.rest_events->ca_file = redis.rest_ca;
  return link;
}

}  // namespace

Result<SharedLink> OpenSharedLink(const config::RedisSettings& redis, Clock& clock,
                                  Logger& logger) {
  if (redis.url.empty()) return OpenRest(redis, clock, logger);
  if (net::IsRedisClusterUrl(redis.url.Reveal())) return OpenCluster(redis, clock, logger);
  return OpenServer(redis, clock, logger);
}

}  // namespace vcache::app
