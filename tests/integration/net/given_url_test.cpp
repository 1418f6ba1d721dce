#include <doctest/doctest.h>

#include <string>

#include "http_client_fixture.h"
#include "support/scripted_server.h"
#include "vcache/net/http_client.h"

using namespace vcache;
using test::Answer;
using test::CheckError;
using test::Client;
using test::ScriptedServer;

namespace {

/// A request to a URL that an answer of `given_by` gave, as an upload and as a look at a job.
std::vector<net::HttpRequest> To(const std::string& url, const std::string& given_by) {
  std::vector<net::HttpRequest> requests = {test::PutFile(url, "bytes of a picture", 18),
                                            test::Post(url)};
  net::HttpRequest look;
  look.method = "GET";
  requests.push_back(look);
  for (net::HttpRequest& request : requests) {
    request.url = url;
    request.given_by = given_by;
    request.timeout = std::chrono::seconds(5);
  }
  return requests;
}

}  // namespace

TEST_CASE("rule C7: a given URL to this machine is refused before any connection is made") {
  ScriptedServer server(Answer(200, "{}"));
  const std::string port = ":" + std::to_string(server.port());
  Client client;
  for (const char* host :
       {"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.9.9.9",
        "0.0.0.0", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]", "[2002:7f00:1::1]"}) {
    for (const char* scheme : {"https://", "http://"}) {
      const std::string url = scheme + std::string(host) + port + "/up";
      CAPTURE(url);
      for (const net::HttpRequest& request : To(url, "https://vendor.test/v1")) {
        const auto response = client.Send(request);
        CheckError(response, ErrorCode::kVendorInvalidAnswer, Charge::kNone);
        CHECK(response.error().message.find("127") == std::string::npos);
        CHECK(response.error().message.find(port) == std::string::npos);
      }
    }
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("rule C7: a given URL into a private network is refused at once, a stand-in's too") {
  Client client;
  for (const char* url :
       {"https://10.255.255.1/", "https://172.16.0.1/", "https://192.168.255.254/",
        "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://224.0.0.1/",
        "https://255.255.255.255/", "https://192.0.2.1/", "https://[fe80::1]/",
        "https://[fd00::1]/", "https://[ff02::1]/", "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/"}) {
    CAPTURE(url);
    for (const char* base : {"https://vendor.test", "http://127.0.0.1:9090"}) {
      for (const net::HttpRequest& request : To(url, base)) {
        CheckError(client.Send(request), ErrorCode::kVendorInvalidAnswer, Charge::kNone);
      }
    }
  }
}

TEST_CASE("rule C7: a given URL with a user is refused, wherever it leads") {
  ScriptedServer server(Answer(200, "{}"));
  const std::string at = "127.0.0.1:" + std::to_string(server.port());
  Client client;
  for (const std::string& url :
       {"http://user@" + at, "http://user:pw@" + at, "http://:pw@" + at, "https://user@" + at}) {
    CAPTURE(url);
    for (const net::HttpRequest& request : To(url, server.url())) {
      CheckError(client.Send(request), ErrorCode::kVendorInvalidAnswer, Charge::kNone);
    }
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("rule C7: a stand-in on this machine may give a URL of this machine, and of itself") {
  ScriptedServer server(Answer(200, "{}"));
  Client client;
  for (const std::string& base :
       {std::string("http://127.0.0.1:9"), std::string("http://localhost"), server.url(),
        server.url() + "/vendor/v1"}) {
    CAPTURE(base);
    for (const net::HttpRequest& request : To(server.url() + "/up", base)) {
      const auto response = client.Send(request);
      REQUIRE(response);
      CHECK(response->status == 200);
    }
  }
  CHECK(server.connections() == 12);
}

TEST_CASE("rule C7: a kept connection does not carry a given URL past the rule") {
  ScriptedServer server(Answer(200, "{}"));
  Client client({.reuse_connections = true});
  REQUIRE(client.Send(test::Post(server.url())));  // one is kept now
  for (const net::HttpRequest& request : To(server.url() + "/up", "https://vendor.test")) {
    CheckError(client.Send(request), ErrorCode::kVendorInvalidAnswer, Charge::kNone);
  }
  CHECK(server.requests() == 1);
  // Nor does the rule of one request outlive it: the handle is the same.
  REQUIRE(client.Send(test::Post(server.url())));
}
