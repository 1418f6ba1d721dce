#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/core/result.h"
#include "vcache/core/secret.h"

namespace vcache::redis {

/// How bytes travel to the server.
enum class RedisTransport { kTcp, kTls, kUnixSocket };

/// Where a Redis is and how to be let in, as `REDIS_URL` says it. A plain value.
struct RedisUrl {
  RedisTransport transport = RedisTransport::kTcp;
  /// Name or IP literal (without brackets); empty for a unix socket.
  std::string host;
  std::uint16_t port = 6379;
  /// Of the socket, for `RedisTransport::kUnixSocket` only.
  std::string path;
  /// Empty means the default user.
  std::string user;
  /// Empty: no AUTH is sent.
  Secret password;
  int database = 0;
  /// A file of PEM certificates to trust in place of the system's; empty for the system's.
  std::string tls_ca_file;

  /// For logs and messages: scheme, host, port and database, never user or password.
  std::string Display() const;
};

/// Reads `redis://`, `rediss://` (TLS), `unix://` and `redis+unix://`:
///
///     rediss://user:pass@host:port/2?tls_ca=/etc/ca.pem     redis://[::1]:6379
///     unix:///run/redis.sock?db=2&user=site&password=secret
///
/// User and password are percent-encoded. kBadConfiguration says what is wrong without quoting the
/// URL, which holds a password.
Result<RedisUrl> ParseRedisUrl(std::string_view url);

/// Servers of a Redis Cluster to learn its slots from, as `REDIS_URL` names them. A plain value.
struct RedisClusterUrl {
  std::vector<RedisUrl> seeds;  ///< At least one; alike but for host and port.

  /// For logs and messages: scheme, hosts and ports, never user or password.
  std::string Display() const;
};

/// Whether it begins with `redis+cluster://` or `rediss+cluster://`.
bool IsRedisClusterUrl(std::string_view url);

/// Reads `redis+cluster://` and `rediss+cluster://` (TLS):
///
///     redis+cluster://user:pass@one:6379,two:6379,[::1]:6380
///
/// Errors as those of `ParseRedisUrl`; a database other than 0 is one, since a cluster has no
/// other.
Result<RedisClusterUrl> ParseRedisClusterUrl(std::string_view url);

}  // namespace vcache::redis
