// URLs of vendors and of Redis, as an operator may write them. A message never shows the password.

#include <string>

#include "config/url.h"
#include "fuzz/cheap.h"
#include "vcache/redis/redis_url.h"

using namespace vcache;
using vcache::fuzz::Require;

namespace {

void CheckRedis(std::string_view input) {
  const auto url = redis::ParseRedisUrl(input);
  if (!url) {
    Require(url.error().code == ErrorCode::kBadConfiguration, "an error is of configuration");
    return;
  }
  Require((url->transport == redis::RedisTransport::kUnixSocket) == url->host.empty(),
          "there is a host, or a path");
  Require(url->database >= 0, "a database has a number");
  const std::string_view password = url->password.Reveal();
  const bool is_elsewhere = url->host.find(password) != std::string::npos ||
                            url->path.find(password) != std::string::npos;
  Require(password.size() < 8 || is_elsewhere || url->Display().find(password) == std::string::npos,
          "what is shown holds no password");
}

void CheckHttp(std::string_view input) {
  const auto url = config::ParseUrl(input);
  if (!url) return;
  Require(url->scheme == "http" || url->scheme == "https", "a scheme is known");
  Require(!url->host.empty() && (!url->port || *url->port > 0), "there is a host");
  Require(url->path.empty() || url->path.starts_with('/'), "a path begins with a slash");
  const auto again = config::ParseUrl(config::Origin(*url));
  Require(again && again->host == url->host && again->scheme == url->scheme, "an origin is a URL");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vcache::fuzz::Text(data, size);
  vcache::fuzz::RequireCheap(size, 128, [&] {
    CheckRedis(input);
    CheckHttp(input);
    (void)redis::ParseRedisClusterUrl(input);
    (void)config::IsHost(input);
  });
  return 0;
}
