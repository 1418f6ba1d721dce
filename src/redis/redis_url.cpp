#include "vcache/redis/redis_url.h"

#include <optional>
#include <utility>

#include "vcache/core/hex.h"
#include "vcache/core/parse_number.h"

namespace vcache::redis {
namespace {

Error Bad(std::string what) {
  return Error{ErrorCode::kBadConfiguration, "Redis URL: " + std::move(what)};
}

/// Empty when two hex digits do not follow a `%`, or for NUL.
std::optional<std::string> PercentDecoded(std::string_view text) {
  auto decoded = PercentDecode(text);
  if (decoded && decoded->find('\0') != std::string::npos) decoded.reset();
  return decoded;
}

Result<void> ReadDatabase(std::string_view text, RedisUrl& url) {
  const auto number = ParseNumber<int>(text);
  if (!number || *number < 0) return Bad("the database is not a number of 0 and up");
  url.database = *number;
  return {};
}

Result<void> ReadUserInfo(std::string_view text, RedisUrl& url) {
  const std::size_t colon = text.find(':');
  const auto user = PercentDecoded(text.substr(0, colon));
  const auto password =
      PercentDecoded(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (!user || !password) {
    return Bad("user or password has a % that is not followed by two hexadecimal digits");
  }
  url.user = *user;
  url.password = Secret(*password);
  return {};
}

Result<void> ReadHostAndPort(std::string_view text, RedisUrl& url) {
  if (text.find(',') != std::string_view::npos) {
    return Bad("several hosts are for redis+cluster:// and rediss+cluster:// only");
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return Bad("the [ of the IPv6 address has no ]");
    url.host = std::string(text.substr(1, close - 1));
    port = text.substr(close + 1);
  } else {
    const std::size_t colon = text.find(':');
    url.host = std::string(text.substr(0, colon));
    if (colon != std::string_view::npos) port = text.substr(colon);
    if (port.find(':', 1) != std::string_view::npos) {
      return Bad(
          "the host has more than one colon; put an IPv6 address into [brackets], and "
          "percent-encode / and @ in the password");
    }
  }
  if (url.host.empty()) return Bad("the host is missing");
  for (const char c : url.host) {
    if (static_cast<unsigned char>(c) <= ' ')
      return Bad("the host has a blank or control character");
  }
  if (port.empty()) return {};
  const auto number =
      port.front() == ':' ? ParseNumber<std::uint16_t>(port.substr(1)) : std::nullopt;
  if (!number || *number == 0) return Bad("the port is not a number from 1 to 65535");
  url.port = *number;
  return {};
}

Result<void> ReadOption(std::string_view name, std::string_view raw, RedisUrl& url) {
  const auto value = PercentDecoded(raw);
  if (!value) return Bad("an option has a % that is not followed by two hexadecimal digits");
  const bool is_unix = url.transport == RedisTransport::kUnixSocket;
  if (name == "tls_ca") {
    if (url.transport != RedisTransport::kTls) return Bad("tls_ca is for rediss:// only");
    if (value->empty()) return Bad("tls_ca names no file");
    url.tls_ca_file = *value;
    return {};
  }
  if (name == "db") return ReadDatabase(*value, url);
  if (is_unix && name == "user") {
    url.user = *value;
    return {};
  }
  if (is_unix && name == "password") {
    url.password = Secret(*value);
    return {};
  }
  // Not quoted: the name may be the end of a password with a bare `?`.
  return Bad(
      "it has an option that is not known; known are tls_ca and db (and, for a unix socket, "
      "user and password)");
}

Result<void> ReadOptions(std::string_view text, RedisUrl& url) {
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view option = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos) return Bad("an option after ? has no value");
    if (auto read = ReadOption(option.substr(0, equals), option.substr(equals + 1), url); !read) {
      return read;
    }
  }
  return {};
}

std::optional<RedisTransport> TransportOf(std::string_view scheme) {
  if (scheme == "redis") return RedisTransport::kTcp;
  if (scheme == "rediss") return RedisTransport::kTls;
  if (scheme == "unix" || scheme == "redis+unix") return RedisTransport::kUnixSocket;
  return std::nullopt;
}

/// Reads `[user[:password]@]host[:port][/database]`.
Result<void> ReadNetworkAddress(std::string_view text, RedisUrl& url) {
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    if (auto read = ReadUserInfo(text.substr(0, at), url); !read) return read;
    text.remove_prefix(at + 1);
  }
  const std::size_t slash = text.find('/');
  if (auto read = ReadHostAndPort(text.substr(0, slash), url); !read) return read;
  if (slash == std::string_view::npos || slash + 1 == text.size()) return {};
  return ReadDatabase(text.substr(slash + 1), url);
}

/// Reads `[user[:password]@]/path/of/the/socket`.
Result<void> ReadSocketPath(std::string_view text, RedisUrl& url) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return Bad("the path of the unix socket is missing");
  if (slash > 0) {
    if (text[slash - 1] != '@') return Bad("a unix socket has no host: unix:///path");
    if (auto read = ReadUserInfo(text.substr(0, slash - 1), url); !read) return read;
  }
  const auto path = PercentDecoded(text.substr(slash));
  if (!path) return Bad("the path has a % that is not followed by two hexadecimal digits");
  url.path = *path;
  return {};
}

}  // namespace

Result<RedisUrl> ParseRedisUrl(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return Bad("it does not begin with redis://");
  const auto transport = TransportOf(text.substr(0, scheme_end));
  if (!transport) {
    return Bad(
        "the scheme is none of redis, rediss, unix, redis+unix, redis+cluster, rediss+cluster");
  }
  RedisUrl url;
  url.transport = *transport;
  text.remove_prefix(scheme_end + 3);
  if (text.find('#') != std::string_view::npos) {
    return Bad("a # must be written as %23");
  }
  const std::size_t question = text.find('?');
  const std::string_view address = text.substr(0, question);
  auto read = url.transport == RedisTransport::kUnixSocket ? ReadSocketPath(address, url)
                                                           : ReadNetworkAddress(address, url);
  if (!read) return std::move(read).error();
  if (question != std::string_view::npos) {
    read = ReadOptions(text.substr(question + 1), url);
    if (!read) return std::move(read).error();
  }
  if (url.password.empty() && !url.user.empty() && url.user != "default") {
    return Bad("it has a user and no password; a password alone is written as :password@");
  }
  return url;
}

std::string RedisUrl::Display() const {
  if (transport == RedisTransport::kUnixSocket) {
    return "unix://" + path + (database == 0 ? "" : "?db=" + std::to_string(database));
  }
  const bool is_v6 = host.find(':') != std::string::npos;
  std::string out = transport == RedisTransport::kTls ? "rediss://" : "redis://";
  out += is_v6 ? "[" + host + "]" : host;
  out += ":" + std::to_string(port);
  if (database != 0) out += "/" + std::to_string(database);
  return out;
}

}  // namespace vcache::redis
