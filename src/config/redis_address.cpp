#include "config/redis_address.h"

#include <optional>
#include <string_view>

#include "vcache/core/ascii.h"
#include "vcache/core/hex.h"

namespace vcache::config {
namespace {

/// `host:port`, with brackets around an IPv6 address.
std::string ServerOf(const RedisSettings& redis) {
  const bool is_six = redis.host.find(':') != std::string::npos;
  return (is_six ? "[" + redis.host + "]" : redis.host) + ":" + std::to_string(redis.port);
}

/// What of a URL can also be said in parts.
struct UrlParts {
  bool tls = false;
  std::string server;  ///< As `ServerOf`, in lower case.
  std::optional<std::string> username;
  std::optional<std::string> password;
};

UrlParts RedisPartsOf(std::string_view url) {
  UrlParts parts;
  const std::size_t scheme = url.find("://");
  parts.tls = ToLower(url.substr(0, scheme)).starts_with("rediss");
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?"));
  const std::size_t at = rest.rfind('@');
  const std::string_view user = at == std::string_view::npos ? "" : rest.substr(0, at);
  if (at != std::string_view::npos) rest.remove_prefix(at + 1);
  const std::size_t colon = user.find(':');
  parts.username = PercentDecode(user.substr(0, colon));
  parts.password =
      PercentDecode(colon == std::string_view::npos ? std::string_view() : user.substr(colon + 1));
  parts.server = ToLower(rest);
  const bool has_port = rest.find(':', rest.rfind(']') + 1) != std::string_view::npos;
  if (!has_port) parts.server += ":6379";
  return parts;
}

void Name(std::string& names, std::string_view name) {
  names += (names.empty() ? "" : ", ") + std::string(name);
}

std::string Differing(const RedisSettings& redis) {
  const UrlParts parts = RedisPartsOf(redis.url.Reveal());
  std::string names;
  if (!redis.host.empty() && ToLower(ServerOf(redis)) != parts.server) {
    Name(names, "REDIS_HOST with REDIS_PORT");
  }
  if (!redis.username.empty() && parts.username != redis.username.Reveal()) {
    Name(names, "REDIS_USERNAME");
  }
  if (!redis.password.empty() && parts.password != redis.password.Reveal()) {
    Name(names, "REDIS_PASSWORD");
  }
  if (redis.tls && !parts.tls) Name(names, "REDIS_TLS");
  return names;
}

}  // namespace

Secret RedisSettings::Address() const {
  if (!url.empty() || host.empty()) return url;
  std::string made = tls ? "rediss://" : "redis://";
  if (!username.empty() || !password.empty()) {
    made += PercentEncode(username.Reveal()) + ":" + PercentEncode(password.Reveal()) + "@";
  }
  return Secret(made + ServerOf(*this));
}

std::vector<std::string> CheckRedisParts(const RedisSettings& redis) {
  if (!redis.url.empty()) {
    const std::string names = Differing(redis);
    if (names.empty()) return {};
    return {"REDIS_URL and " + names + " disagree: there is one shared store; keep one of them."};
  }
  std::string lonely;
  if (!redis.username.empty()) Name(lonely, "REDIS_USERNAME");
  if (!redis.password.empty()) Name(lonely, "REDIS_PASSWORD");
  if (redis.tls) Name(lonely, "REDIS_TLS");
  if (!redis.host.empty() || lonely.empty()) return {};
  return {lonely + " without REDIS_HOST or REDIS_URL: set REDIS_HOST, or take it away."};
}

}  // namespace vcache::config
