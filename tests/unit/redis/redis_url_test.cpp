#include "vcache/redis/redis_url.h"

#include <doctest/doctest.h>

#include <string>

using vcache::ErrorCode;
using vcache::redis::IsRedisClusterUrl;
using vcache::redis::ParseRedisClusterUrl;
using vcache::redis::ParseRedisUrl;
using vcache::redis::RedisTransport;

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
      {"redis://u:SESAME@one:1,two:2", "redis+cluster://"},
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

TEST_CASE("RedisClusterUrl: every host has the user, the password and the options") {
  const auto url =
      ParseRedisClusterUrl("rediss+cluster://site:p%40ss@one:7000,two,[::1]:7002?tls_ca=/ca.pem");
  REQUIRE(url);
  REQUIRE(url->seeds.size() == 3);
  CHECK(url->seeds[0].host == "one");
  CHECK(url->seeds[0].port == 7000);
  CHECK(url->seeds[1].host == "two");
  CHECK(url->seeds[1].port == 6379);
  CHECK(url->seeds[2].host == "::1");
  CHECK(url->seeds[2].port == 7002);
  for (const auto& seed : url->seeds) {
    CHECK(seed.transport == RedisTransport::kTls);
    CHECK(seed.user == "site");
    CHECK(seed.password.Reveal() == "p@ss");
    CHECK(seed.tls_ca_file == "/ca.pem");
  }
  CHECK(url->Display() == "rediss+cluster://one:7000,two:6379,[::1]:7002");
  const auto plain = ParseRedisClusterUrl("redis+cluster://:a,b@c/d@one:1/0");
  REQUIRE(plain);  // the last @ ends the password here, too
  REQUIRE(plain->seeds.size() == 1);
  CHECK(plain->seeds[0].transport == RedisTransport::kTcp);
  CHECK(plain->seeds[0].password.Reveal() == "a,b@c/d");
}

TEST_CASE("RedisClusterUrl: only its two schemes are one") {
  CHECK(IsRedisClusterUrl("redis+cluster://h"));
  CHECK(IsRedisClusterUrl("rediss+cluster://h"));
  for (const char* other : {"redis://h", "rediss://h", "redis+unix:///s", "redis+cluster:/h", ""}) {
    CHECK_FALSE(IsRedisClusterUrl(other));
    CHECK_FALSE(ParseRedisClusterUrl(other));
  }
}

TEST_CASE("RedisClusterUrl: errors name what is wrong and never quote the URL") {
  std::string many = "redis+cluster://:SESAME@h0";
  for (int i = 1; i <= 32; ++i) many += ",h" + std::to_string(i);
  const struct {
    std::string url;
    std::string says;
  } cases[] = {
      {"redis+cluster://", "host is missing"},
      {"redis+cluster://:SESAME@", "host is missing"},
      {"redis+cluster://:SESAME@one,,two", "host is missing"},
      {"redis+cluster://:SESAME@one,", "host is missing"},
      {"redis+cluster://:SESAME@one:0,two", "port"},
      {"redis+cluster://:SESAME@one,two:x", "port"},
      {"redis+cluster://:SESAME@one,two/1", "database 0 only"},
      {"redis+cluster://:SESAME@one?db=3", "database 0 only"},
      {"redis+cluster://u:SESAME%zz@one", "%"},
      {"redis+cluster://::1:6379", "brackets"},
      {"redis+cluster://one?tls_ca=/x", "rediss://"},
      {many, "32"},
  };
  for (const auto& [text, says] : cases) {
    CAPTURE(text);
    const auto url = ParseRedisClusterUrl(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == ErrorCode::kBadConfiguration);
    CHECK(url.error().message.find(says) != std::string::npos);
    CHECK(url.error().message.find("SES") == std::string::npos);
  }
}
