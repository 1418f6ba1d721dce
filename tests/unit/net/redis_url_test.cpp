#include "vcache/net/redis_url.h"

#include <doctest/doctest.h>

#include <string>

using vcache::ErrorCode;
using vcache::net::ParseRedisUrl;
using vcache::net::RedisTransport;

TEST_CASE("RedisUrl: reads host, port, database, user and password") {
  const auto url = ParseRedisUrl("redis://site:p%40ss%2Fw%3Ard@redis.example:6380/3");
  REQUIRE(url);
  CHECK(url->transport == RedisTransport::kTcp);
  CHECK(url->host == "redis.example");
  CHECK(url->port == 6380);
  CHECK(url->database == 3);
  CHECK(url->user == "site");
  CHECK(url->password.Reveal() == "p@ss/w:rd");
}

TEST_CASE("RedisUrl: what is left out has the usual value") {
  const auto url = ParseRedisUrl("redis://localhost");
  REQUIRE(url);
  CHECK(url->port == 6379);
  CHECK(url->database == 0);
  CHECK(url->user.empty());
  CHECK(url->password.empty());
  CHECK(ParseRedisUrl("redis://localhost/")->database == 0);
}

TEST_CASE("RedisUrl: a password without a user") {
  const auto url = ParseRedisUrl("rediss://:secret@eu1-x.upstash.io:6379");
  REQUIRE(url);
  CHECK(url->transport == RedisTransport::kTls);
  CHECK(url->user.empty());
  CHECK(url->password.Reveal() == "secret");
}

TEST_CASE("RedisUrl: the last @ ends the password, so that one that was not encoded works too") {
  const auto url = ParseRedisUrl("redis://:a/b@c:d@host/1");
  REQUIRE(url);
  CHECK(url->password.Reveal() == "a/b@c:d");
  CHECK(url->host == "host");
}

TEST_CASE("RedisUrl: IPv6 literals stand in brackets") {
  const auto url = ParseRedisUrl("redis://[::1]:7000/1");
  REQUIRE(url);
  CHECK(url->host == "::1");
  CHECK(url->port == 7000);
  CHECK(url->Display() == "redis://[::1]:7000/1");
  CHECK(ParseRedisUrl("redis://[fe80::2]")->port == 6379);
}

TEST_CASE("RedisUrl: a file of authorities for TLS, percent-encoded") {
  const auto url = ParseRedisUrl("rediss://redis:6380?tls_ca=/etc/my%20ca.pem");
  REQUIRE(url);
  CHECK(url->tls_ca_file == "/etc/my ca.pem");
}

TEST_CASE("RedisUrl: unix sockets, by either scheme") {
  for (const std::string scheme : {"unix", "redis+unix"}) {
    const auto url = ParseRedisUrl(scheme + "://:secret@/run/redis/redis.sock?db=2");
    REQUIRE(url);
    CHECK(url->transport == RedisTransport::kUnixSocket);
    CHECK(url->path == "/run/redis/redis.sock");
    CHECK(url->database == 2);
    CHECK(url->password.Reveal() == "secret");
  }
  const auto url = ParseRedisUrl("unix:///tmp/r.sock?user=site&password=a%26b");
  REQUIRE(url);
  CHECK(url->user == "site");
  CHECK(url->password.Reveal() == "a&b");
}

TEST_CASE("RedisUrl: errors name what is wrong and never quote the URL") {
  const struct {
    std::string url;
    std::string says;
  } cases[] = {
      {"localhost:6379", "redis://"},
      {"http://localhost", "scheme"},
      {"redis://", "host is missing"},
      {"redis://:SESAME@", "host is missing"},
      {"redis://u:SESAME@host:0", "port"},
      {"redis://u:SESAME@host:65536", "port"},
      {"redis://u:SESAME@host:12x", "port"},
      {"redis://u:SESAME@host:", "port"},
      {"redis://u:SESAME@host/x", "database"},
      {"redis://u:SESAME@host/-1", "database"},
      {"redis://u:SESAME@host/1/2", "database"},
      {"redis://u:SESAME%zz@host", "%"},
      {"redis://u:SESAME%0@host", "%"},
      {"redis://u:SESAME%00@host", "%"},
      {"redis://u:SESAME?x@host", ""},
      {"redis://u:SESAME#x@host", "%23"},
      {"redis://::1:6379", "brackets"},
      {"redis://[::1", "]"},
      {"redis://[::1]6379", "port"},
      {"redis://ho st", "blank"},
      {"redis://user@host", "password"},
      {"redis://host?tls_ca=/x", "rediss://"},
      {"rediss://host?tls_ca=", "tls_ca"},
      {"rediss://host?SESAME=1", "option"},
      {"rediss://host?verify", "option"},
      {"unix://", "path"},
      {"unix://host/path", "unix"},
  };
  for (const auto& [text, says] : cases) {
    CAPTURE(text);
    const auto url = ParseRedisUrl(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == ErrorCode::kBadConfiguration);
    CHECK(url.error().message.find(says) != std::string::npos);
    CHECK(url.error().message.find("SES") == std::string::npos);
  }
}

TEST_CASE("RedisUrl: what is displayed holds neither user nor password") {
  CHECK(ParseRedisUrl("rediss://me:SESAME@host:1/2?tls_ca=/x")->Display() == "rediss://host:1/2");
  CHECK(ParseRedisUrl("unix://:SESAME@/run/r.sock?db=1")->Display() == "unix:///run/r.sock?db=1");
}
