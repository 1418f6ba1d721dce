#include "vcache/redis/rest/upstash_rest.h"

#include <algorithm>
#include <utility>

#include "redis/rest/link.h"
#include "vcache/redis/transport/authorities.h"

namespace vcache::redis {

Result<std::unique_ptr<RespLink>> MakeUpstashRestClient(UpstashRestOptions options, Clock& clock,
                                                        Logger& logger) {
  if (auto trusted = CheckAuthorities(options.ca_file); !trusted) return trusted.error();
  net::CurlHttpClientOptions http;
  http.ca_file = options.ca_file;
  http.peer = "Upstash";
  http.reuse_connections = true;
  std::vector<std::unique_ptr<net::HttpClient>> connections(
      std::max<std::size_t>(options.connections, 1));
  for (auto& connection : connections) connection = net::MakeCurlHttpClient(http, clock);
  auto link =
      std::make_unique<UpstashRestLink>(std::move(options), std::move(connections), clock, logger);
  if (auto started = link->Start(); !started) return std::move(started).error();
  return std::unique_ptr<RespLink>(std::move(link));
}

}  // namespace vcache::redis
