#include "config/url.h"

#include <doctest/doctest.h>

using namespace vcache::config;

TEST_CASE("ParseUrl: takes an http or https URL apart") {
  const auto url = ParseUrl("HTTPS://Api.Example.com:8443/v1/x?y=1#z");
  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->host == "api.example.com");
  CHECK(url->port == 8443);
  CHECK(url->path == "/v1/x");
  CHECK(url->has_query);
  CHECK(url->has_fragment);
  CHECK_FALSE(url->has_user);
  CHECK(ParseUrl("http://user:pass@host/")->has_user);
  CHECK(ParseUrl("http://[::1]:80")->host == "::1");
  CHECK(ParseUrl("https://host?q")->path.empty());
  CHECK(ParseUrl("https://good.example@evil.example")->host == "evil.example");
}

TEST_CASE("ParseUrl: refuses what is not such a URL") {
  for (const char* text : {"",
                           "example.com",
                           "ftp://example.com",
                           "https://",
                           "https:///x",
                           "https://:80",
                           "https://host:",
                           "https://host:0",
                           "https://host:65536",
                           "https://host:8 0",
                           "https://ho st",
                           "https://host/\n",
                           "https://host\\@evil",
                           "https://[::1",
                           "https://[zz]",
                           "https://::1",
                           "https://a..b",
                           "https://.a",
                           "https://h\xC3\xA4",
                           "javascript:alert(1)",
                           "//host",
                           "https:/host",
                           "https://host:+1",
                           "https://[::1]x"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseUrl(text));
  }
}

TEST_CASE("Origin: is written as browsers write it") {
  CHECK(Origin(*ParseUrl("HTTPS://WWW.Example.COM:443/x")) == "https://www.example.com");
  CHECK(Origin(*ParseUrl("http://localhost:80")) == "http://localhost");
  CHECK(Origin(*ParseUrl("http://localhost:443")) == "http://localhost:443");
  CHECK(Origin(*ParseUrl("http://[::1]:3000")) == "http://[::1]:3000");
}

TEST_CASE("IsLoopbackHost: this machine and nothing that looks like it (C7)") {
  for (const char* host :
       {"localhost", "LOCALHOST", "127.0.0.1", "127.255.3.4", "::1", "0:0:0:0:0:0:0:1"}) {
    CAPTURE(host);
    CHECK(IsLoopbackHost(host));
  }
  for (const char* host :
       {"", "localhost.example.com", "127.0.0.1.example.com", "127.1", "2130706433", "0x7f.0.0.1",
        "0177.0.0.1", "128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:8.8.8.8", "localhost."}) {
    CAPTURE(host);
    CHECK_FALSE(IsLoopbackHost(host));
  }
}

TEST_CASE("IsHost: addresses and names") {
  for (const char* host : {"0.0.0.0", "::", "127.0.0.1", "my-host.internal"}) CHECK(IsHost(host));
  for (const char* host : {"", "a b", "host:80", "[::1]", "-x", "http://x"})
    CHECK_FALSE(IsHost(host));
}
