#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/core/result.h"
#include "vcache/core/secret.h"

namespace vcache::redis {

enum class RedisTransport { kTcp, kTls, kUnixSocket };

/// The address and credentials of a Redis, from `REDIS_URL`.
struct RedisUrl {
  RedisTransport transport = RedisTransport::kTcp;
  /// Name or IP literal without brackets; empty for a unix socket.
  std::string host;
  std::uint16_t port = 6379;
  /// The socket's path, for `RedisTransport::kUnixSocket` only.
  std::string path;
  /// Empty: the default user.
  std::string user;
  /// Empty: no AUTH is sent.
  Secret password;
  int database = 0;
  /// A PEM file with the certificates to trust; empty: the system's.
  std::string tls_ca_file;

  /// For logs and messages: scheme, host, port and database; no credentials.
  std::string Display() const;
};

/// Reads `redis://`, `rediss://` (TLS), `unix://` and `redis+unix://`:
///
///     rediss://user:pass@host:port/2?tls_ca=/etc/ca.pem
///     redis://[::1]:6379
///     unix:///run/redis.sock?db=2&user=site&password=secret
///
/// User and password are percent-encoded. Error: kBadConfiguration; it never quotes the URL, which
/// holds a password.
Result<RedisUrl> ParseRedisUrl(std::string_view url);

/// The servers from `REDIS_URL` that the slots of a Redis Cluster are first read from.
struct RedisClusterUrl {
  std::vector<RedisUrl> seeds;  ///< At least one; they differ only in host and port.

  /// For logs and messages: scheme, hosts and ports; no credentials.
  std::string Display() const;
};

/// Whether it begins with `redis+cluster://` or `rediss+cluster://`.
bool IsRedisClusterUrl(std::string_view url);

/// Reads `redis+cluster://` and `rediss+cluster://` (TLS):
///
///     redis+cluster://user:pass@one:6379,two:6379,[::1]:6380
///
/// Errors: as `ParseRedisUrl`; also for a database other than 0, which a cluster does not have.
Result<RedisClusterUrl> ParseRedisClusterUrl(std::string_view url);

}  // namespace vcache::redis
