#include <doctest/doctest.h>

#include <string>

#include "integration/redis/resp_test_support.h"
#include "support/fake_redis.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"
#include "support/test_certificates.h"

using namespace vcache;        // NOLINT: a test
using namespace vcache::test;  // NOLINT: a test
using redis::RespState;

namespace {

std::string TlsUrl(const std::string& host, const RedisServer& server,
                   const std::filesystem::path& ca) {
  return "rediss://" + host + ":" + std::to_string(server.port()) + "?tls_ca=" + ca.string();
}

/// Why a connection to `url` is refused.
std::string Refusal(const std::string& url) {
  TestConnection redis(url);
  const std::string reason = redis.AwaitReason();
  CHECK(redis.Status().connects == 0);
  CHECK_FALSE(redis.Run({"PING"}));
  return reason;
}

bool Says(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("TLS: a certificate for the name, or for the address, lets us in (rule T3)") {
  if (!RedisServer::Available()) return;
  RedisServer server({.tls = true, .certificate = {}, .arguments = {}});
  for (const char* host : {"localhost", "127.0.0.1"}) {
    CAPTURE(host);
    TestConnection redis(TlsUrl(host, server, server.ca_file()));
    CHECK(redis.AwaitReady());
  }
}

TEST_CASE("TLS: a wrong host name is refused and said (rule T3)") {
  if (!RedisServer::Available()) return;
  RedisServer server({.tls = true,
                      .certificate = TestAuthority::LeafOptions{.names = "DNS:other.example"},
                      .arguments = {}});
  CHECK(Says(Refusal(TlsUrl("localhost", server, server.ca_file())), "wrong host name"));
  CHECK(Says(Refusal(TlsUrl("127.0.0.1", server, server.ca_file())), "wrong host name"));
}

TEST_CASE("TLS: a name that only looks like the address is no address (rule T3)") {
  if (!RedisServer::Available()) return;
  RedisServer server({.tls = true,
                      .certificate = TestAuthority::LeafOptions{.names = "DNS:127.0.0.1"},
                      .arguments = {}});
  CHECK(Says(Refusal(TlsUrl("127.0.0.1", server, server.ca_file())), "wrong host name"));
}

TEST_CASE("TLS: an unknown authority is refused and said (rule T3)") {
  if (!RedisServer::Available()) return;
  RedisServer server({.tls = true, .certificate = {}, .arguments = {}});
  const TempDir directory;
  const TestAuthority other(directory.path(), "other");
  CHECK(Says(Refusal(TlsUrl("localhost", server, other.ca_file())), "unknown authority"));
  // With the authorities of the system, which do not know ours either.
  CHECK(Says(Refusal("rediss://localhost:" + std::to_string(server.port())), "unknown authority"));
}

TEST_CASE("TLS: an expired certificate is refused and said (rule T3)") {
  if (!RedisServer::Available()) return;
  TestAuthority::LeafOptions expired;
  expired.valid_from = std::chrono::hours(-40);
  expired.valid_to = std::chrono::hours(-1);
  RedisServer server({.tls = true, .certificate = expired, .arguments = {}});
  CHECK(Says(Refusal(TlsUrl("localhost", server, server.ca_file())), "expired certificate"));
}

TEST_CASE("TLS: versions below 1.2 are refused and said (rule T3)") {
  if (!RedisServer::Available()) return;
  RedisServer server(
      {.tls = true,
       .certificate = {},
       .arguments = {"--tls-protocols", "TLSv1.1", "--tls-ciphers", "DEFAULT:@SECLEVEL=0"}});
  CHECK(Says(Refusal(TlsUrl("localhost", server, server.ca_file())), "protocol version"));
}

TEST_CASE("TLS: 1.2 and 1.3 are spoken") {
  if (!RedisServer::Available()) return;
  for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
    CAPTURE(version);
    RedisServer server({.tls = true, .certificate = {}, .arguments = {"--tls-protocols", version}});
    TestConnection redis(server.url());
    CHECK(redis.AwaitReady());
    CHECK(redis.Run({"PING"}));
  }
}

TEST_CASE("TLS: a refused certificate is tried again slowly") {
  if (!RedisServer::Available()) return;
  RedisServer server({.tls = true, .certificate = {}, .arguments = {}});
  const TempDir directory;
  const TestAuthority other(directory.path(), "other");
  TestConnection redis(TlsUrl("localhost", server, other.ca_file()));
  CHECK(redis.AwaitState(RespState::kRefused));
  CHECK(redis.logger.lines().size() == 1);
}

TEST_CASE("TLS: a server that speaks plainly is told apart") {
  if (!RedisServer::Available()) return;
  RedisServer plain;
  // A plain Redis closes on the first bytes that are no command; others answer in plain text.
  FakeRedis chatty([](FakeRedisPeer& peer, int) { peer.Send("-ERR what do you want\r\n"); });
  CHECK(Says(Refusal("rediss://127.0.0.1:" + std::to_string(plain.port())), "TLS"));
  CHECK(Says(Refusal("rediss://127.0.0.1:" + std::to_string(chatty.port())),
             "does not answer in TLS"));
}

TEST_CASE("TLS: a server that closes without a goodbye is an ordinary disconnect (rule T5)") {
  if (!RedisServer::Available()) return;
  RedisServer server({.tls = true, .certificate = {}, .arguments = {}});
  TestConnection redis(server.url());
  REQUIRE(redis.AwaitReady());
  server.Kill();
  REQUIRE(redis.AwaitState(RespState::kConnecting));
  REQUIRE(Eventually([&] { return redis.logger.lines().size() >= 2; }));  // it is logged next
  CHECK(Says(redis.logger.lines().at(1).fields, "closed the connection"));
  server.Start();
  CHECK(redis.AwaitReady());
}

TEST_CASE("TLS: a file of authorities that cannot be read is a mistake in the configuration") {
  SystemClock clock;
  const auto made = redis::MakeRespConnection(OptionsFor("rediss://localhost?tls_ca=/no/such/file"),
                                              clock, NullLogger());
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::kBadConfiguration);
  CHECK(Says(made.error().message, "certificates"));
  // It is a part of REDIS_URL, which is a secret as a whole.
  CHECK_FALSE(Says(made.error().message, "/no/such/file"));
}
