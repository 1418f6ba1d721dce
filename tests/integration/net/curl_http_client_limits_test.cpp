#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "http_client_fixture.h"
#include "support/fake_clock.h"
#include "support/no_descriptors.h"
#include "support/scripted_server.h"
#include "vcache/net/http_client.h"

using namespace vcache;
using namespace std::chrono_literals;
using test::Answer;
using test::CheckError;
using test::Client;
using test::Post;
using test::PostForm;
using test::PutFile;
using test::ScriptedServer;
using Peer = test::ScriptedServer::Peer;

TEST_CASE("rule C4: an answer over the limit ends the call, announced or endless") {
  const auto endless = [](Peer& peer, const std::string&) {
    peer.Send("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.Send(std::string(65536, 'x'))) {
    }
    peer.Close();
  };
  const auto chunked = [](Peer& peer, const std::string&) {
    peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (peer.Send("8000\r\n" + std::string(0x8000, 'x') + "\r\n")) {
    }
    peer.Close();
  };
  Client client({.max_response_bytes = 1'000'000});
  for (const auto& reply : std::vector<ScriptedServer::Reply>{
           endless, chunked, Answer(200, std::string(1'000'001, 'x'))}) {
    ScriptedServer server(reply);
    CheckError(client.Send(Post(server.url())), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  ScriptedServer fitting(Answer(200, std::string(1'000'000, 'x')));
  REQUIRE(client.Send(Post(fitting.url())));
}

TEST_CASE("rule C4: a head over the limit ends the call, in many lines or in one") {
  const auto many_lines = [](Peer& peer, const std::string&) {
    peer.Send("HTTP/1.1 200 OK\r\n");
    while (peer.Send("X-Filler: " + std::string(100, 'x') + "\r\n")) {
    }
    peer.Close();
  };
  const auto one_line = [](Peer& peer, const std::string&) {
    peer.Send("HTTP/1.1 200 OK\r\nX-Filler: ");
    while (peer.Send(std::string(4096, 'x'))) {
    }
    peer.Close();
  };
  Client client;
  for (const ScriptedServer::Reply& reply :
       std::vector<ScriptedServer::Reply>{many_lines, one_line}) {
    ScriptedServer server(reply);
    CheckError(client.Send(Post(server.url())), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
}

TEST_CASE("rule C4: a compressed answer is not unpacked") {
  const std::string gzip("\x1f\x8b\x08\x00\x00\x00\x00\x00", 8);
  ScriptedServer server(Answer(200, gzip, "Content-Encoding: gzip\r\n"));
  Client client;
  const auto response = client.Send(Post(server.url()));
  REQUIRE(response);
  CHECK(response->body == gzip);
  CHECK(server.request(0).find("Accept-Encoding") == std::string::npos);
}

TEST_CASE("rule C5: the request's time-out ends a silent server's call") {
  ScriptedServer server(test::Stall());
  Client client;
  net::HttpRequest request = Post(server.url());
  request.timeout = 100ms;
  CheckError(client.Send(request), ErrorCode::kVendorTimeout, Charge::kUnknown);
}

TEST_CASE("rule C5: the deadline ends a call sooner than the time-out, also one that trickles") {
  ScriptedServer server([](Peer& peer, const std::string&) {
    peer.Send("HTTP/1.1 200 OK\r\n\r\n");
    while (!peer.ClosedWithin(10) && peer.Send("x")) {
    }
    peer.Close();
  });
  Client client;
  CheckError(client.http->Send(Post(server.url()), Deadline::After(client.clock, 150ms)),
             ErrorCode::kVendorTimeout, Charge::kUnknown);
}

TEST_CASE("rule C5: the progress callback watches the clock that it was given") {
  net::InitHttpClients();
  test::FakeClock clock;
  ScriptedServer server([&clock](Peer& peer, const std::string&) {
    clock.Advance(1h);  // the deadline passes on our clock only
    peer.AwaitClose();
  });
  const auto http = net::MakeCurlHttpClient({}, clock);
  net::HttpRequest request = Post(server.url());
  request.timeout = 60s;
  CheckError(http->Send(request, Deadline::After(clock, 30min)), ErrorCode::kVendorTimeout,
             Charge::kUnknown);
}

TEST_CASE("rule C5: a deadline that has passed sends nothing") {
  ScriptedServer server(Answer(200, "{}"));
  Client client;
  CheckError(client.http->Send(Post(server.url()), Deadline::After(client.clock, -1ms)),
             ErrorCode::kVendorTimeout, Charge::kNone);
  CHECK(server.connections() == 0);
}

TEST_CASE("rule C6: a large upload does not ask for 100-continue and stays on HTTP/1.1") {
  ScriptedServer server(Answer(200, "{}"));
  Client client;
  REQUIRE(client.Send(Post(server.url(), std::string(2'000'000, 'x'))));
  const std::string raw = server.request(0);
  const std::string head = raw.substr(0, raw.find("\r\n\r\n"));
  CHECK(head.find("Expect") == std::string::npos);
  CHECK(head.find("HTTP/1.1") != std::string::npos);
  CHECK(head.find("Upgrade") == std::string::npos);
}

TEST_CASE("CurlHttpClient: an interim answer leaves no header behind") {
  ScriptedServer server(
      test::SendAndClose("HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n\r\nHTTP/1.1 200 "
                         "OK\r\nContent-Length: 2\r\n\r\n{}"));
  Client client;
  const auto response = client.Send(Post(server.url()));
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK_FALSE(response->retry_after);
}

TEST_CASE("rule C7: a redirect is an answer, not an instruction") {
  ScriptedServer target(Answer(200, "{}"));
  ScriptedServer server(Answer(307, "", "Location: " + target.url() + "/\r\n"));
  Client client;
  const auto response = client.Send(Post(server.url()));
  REQUIRE(response);
  CHECK(response->status == 307);
  CHECK(target.connections() == 0);
}

TEST_CASE("rule C7: only https leaves this machine, and no URL names a user") {
  Client client;
  for (const char* url :
       {"http://example.com/", "http://127.0.0.1.example.com/", "http://127.0.0.1@example.com/",
        "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://10.0.0.1/",
        "https://user:pass@127.0.0.1/", "not a url", ""}) {
    CAPTURE(url);
    net::HttpRequest request = Post("");
    request.url = url;
    CheckError(client.Send(request), ErrorCode::kBadConfiguration, Charge::kNone);
  }
}

TEST_CASE("rule C7: a proxy in the environment is not used") {
  ScriptedServer proxy(Answer(200, "proxied"));
  ScriptedServer server(Answer(200, "direct"));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("ALL_PROXY", proxy.url().c_str(), 1);
  Client client;
  const auto response = client.Send(Post(server.url()));
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  REQUIRE(response);
  CHECK(response->body == "direct");
  CHECK(proxy.connections() == 0);
}

TEST_CASE("rule C8: Retry-After is clamped, and 0 means not said") {
  const std::vector<std::pair<std::string, std::optional<std::chrono::seconds>>> cases = {
      {"7", 7s},
      {"0", std::nullopt},
      {"-5", std::nullopt},
      {"99999999999999999999", 24h},
      {"Fri, 31 Dec 2199 23:59:59 GMT", 24h},
      {"Thu, 01 Jan 1970 00:00:00 GMT", std::nullopt},
      {"soon", std::nullopt}};
  Client client;
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    ScriptedServer server(Answer(429, "", "Retry-After: " + text + "\r\n"));
    const auto response = client.Send(Post(server.url()));
    REQUIRE(response);
    CHECK(response->retry_after == expected);
  }
}

TEST_CASE("rule C9: nothing of a call is left for the next one") {
  ScriptedServer server(Answer(200, "{}"));
  Client client;
  net::HttpRequest first = PostForm(server.url(), "0123456789", 10);
  first.method = "PUT";
  first.headers = {{"Authorization", "Bearer secret-one"}};
  REQUIRE(client.Send(first));
  net::HttpRequest second = Post(server.url());
  second.method = "GET";
  second.headers.clear();
  second.body = std::monostate{};
  REQUIRE(client.Send(second));
  const std::string raw = server.request(1);
  CHECK(raw.starts_with("GET /path HTTP/1.1\r\n"));
  CHECK(raw.find("secret-one") == std::string::npos);
  CHECK(raw.find("Content-") == std::string::npos);
}

TEST_CASE("CurlHttpClient: a source that ends early or fails ends the call with its error") {
  ScriptedServer server(Answer(200, "{}"));
  Client client;
  CheckError(client.Send(PostForm(server.url(), std::string(5000, 'x'), 6000)), ErrorCode::kIo,
             Charge::kUnknown);
  CheckError(client.Send(PutFile(server.url(), std::string(5000, 'x'), 6000)), ErrorCode::kIo,
             Charge::kUnknown);
  CHECK(server.requests() == 0);
  net::HttpRequest unput = PutFile(server.url(), "", 10);
  std::get<net::StreamedBody>(unput.body).open = [] { return nullptr; };
  CheckError(client.Send(unput), ErrorCode::kIo, Charge::kNone);
  net::HttpRequest unopened = PostForm(server.url(), "", 10);
  std::get<1 + 1>(unopened.body)[1].open_file = [] { return nullptr; };
  CheckError(client.Send(unopened), ErrorCode::kIo, Charge::kNone);
}

TEST_CASE("CurlHttpClient: a header with a line break is refused before anything is sent") {
  ScriptedServer server(Answer(200, "{}"));
  Client client;
  net::HttpRequest request = Post(server.url());
  request.headers.emplace_back("Authorization", "Bearer key\r\nX-Evil: 1");
  const auto result = client.Send(request);
  CheckError(result, ErrorCode::kBadConfiguration, Charge::kNone);
  CHECK(result.error().message.find("key\r") == std::string::npos);
  CHECK(server.connections() == 0);
}

TEST_CASE("CurlHttpClient: what is not HTTP is an invalid answer of unknown charge") {
  for (const char* bytes : {"SSH-2.0-OpenSSH\r\n", "<html>old</html>", "\x01\x02\x03"}) {
    ScriptedServer server(test::SendAndClose(bytes));
    Client client;
    CheckError(client.Send(Post(server.url())), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
}

TEST_CASE("CurlHttpClient: without a descriptor nobody was asked, and the peer is not to blame") {
  ScriptedServer server(Answer(200, "{}"));
  Client client;
  std::string named = server.url();
  named.replace(named.find("127.0.0.1"), 9, "localhost");  // fails in the look-up of the name
  for (const std::string& url : {server.url(), named}) {
    CAPTURE(url);
    for (const net::HttpRequest& request :
         {Post(url), PutFile(url, "content", 7), PostForm(url, "content", 7)}) {
      const auto failed = [&] {
        const test::NoDescriptors none;
        return client.Send(request);
      }();
      CheckError(failed, ErrorCode::kIo, Charge::kNone);
      CHECK(failed.error().asked_nobody);
      CHECK(failed.error().message.find("descriptor") != std::string::npos);
    }
  }
  CHECK(server.connections() == 0);
  CHECK(client.Send(Post(server.url())));
}
