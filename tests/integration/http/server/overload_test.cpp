#include <doctest/doctest.h>

#include <condition_variable>
#include <set>

#include "integration/http/server/server_fixture.h"

namespace vcache::http {
namespace {

/// A server with one worker, which it keeps busy, and room for one request in the queue, which is
/// taken: the next one is turned away.
class FullServer {
 public:
  FullServer() : server_(Options(), [this](Router& router) { AddTo(router); }) {
    busy_.Send(Get("/hold"));
    REQUIRE(TestServer::Eventually([this] { return inside_.load(); }));
    queued_.Send(Get("/hello"));
    // Nothing shows that it is in the queue, but that somebody else finds it full.
    REQUIRE(TestServer::Eventually([this] {
      auto probe = server_.Connect();
      probe.Send(Get("/hello"));
      return probe.Readable(std::chrono::milliseconds(20));
    }));
  }
  ~FullServer() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    condition_.notify_all();
  }

  TestServer& server() { return server_; }

 private:
  static ServerOptions Options() {
    auto options = TestServer::Loopback();
    options.worker_threads = 1;
    options.max_queued_requests = 1;
    return options;
  }
  void AddTo(Router& router) {
    router.Add("GET", "/hold", [this](Request&) {
      inside_ = true;
      std::unique_lock lock(mutex_);
      condition_.wait(lock, [this] { return open_; });
      return Response{};
    });
  }

  std::atomic<bool> inside_{false};
  std::mutex mutex_;
  std::condition_variable condition_;
  bool open_ = false;  // guarded by mutex_
  TestServer server_;
  test::RawClient busy_ = server_.Connect();
  test::RawClient queued_ = server_.Connect();
};

std::set<std::string> FieldNames(const test::RawResponse& response) {
  std::set<std::string> names;
  std::size_t at = response.head.find("\r\n") + 2;
  for (std::size_t end = 0; (end = response.head.find("\r\n", at)) > at; at = end + 2) {
    names.insert(response.head.substr(at, response.head.find(':', at) - at));
  }
  return names;
}

/// The fields of an ordinary problem answer that closes, and those that say when to come back.
std::set<std::string> ProblemFields(const std::string& request) {
  TestServer server;
  auto client = server.Connect();
  auto names = FieldNames(client.Exchange(request));
  names.erase("Keep-Alive");
  names.insert("Retry-After");
  return names;
}

TEST_CASE("Server: the 503 of a full queue is made like any other problem answer (rule H23)") {
  const std::string fields = "Origin: https://site.example\r\nX-Request-Id: mine\r\n";
  FullServer full;
  auto client = full.server().Connect();
  const auto refused = client.Exchange(Get("/hello", fields));
  CHECK(refused.status == 503);
  CHECK(FieldNames(refused) == ProblemFields(Get("/nowhere", fields)));
  CHECK(refused.Field("Connection") == "close");
  CHECK(refused.Field("Content-Type") == "application/problem+json");
  CHECK(refused.Field("Retry-After") == "1");
  CHECK(refused.Field("X-Finished") == "yes");
  CHECK(refused.Field("X-Request-Id") == "mine");
  CHECK(refused.Field("X-Seen-Origin") == "https://site.example");
  CHECK(refused.body == R"({"code":"overloaded","requestId":"mine"})");
  CHECK(client.ClosedByServer());
  const auto access = full.server().accesses().back();
  CHECK(access.id == "mine");
  CHECK(access.method == "GET");
  CHECK(access.path == "/hello");
  CHECK(access.status == 503);
  CHECK(access.bytes_out == refused.head.size() + refused.body.size());
  CHECK_FALSE(access.client_gone);
}

TEST_CASE("Server: the 503 of a full queue has no body after HEAD, and an id after a broken head") {
  FullServer full;
  auto head = full.server().Connect();
  head.Send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(head.ReceiveResponse(false).status == 503);
  CHECK(head.ReceiveAll().empty());
  auto broken = full.server().Connect();
  const auto refused = broken.Exchange("GET /hello HTTP/1.1\r\nOrigin : x\r\n\r\n");
  CHECK(refused.status == 503);
  CHECK(refused.Field("X-Request-Id")->size() == 32);
  CHECK_FALSE(refused.Field("X-Seen-Origin"));
  CHECK(broken.ClosedByServer());
}

TEST_CASE("Server: the 503 over the limit of connections has all that does not need a head (H23)") {
  auto options = TestServer::Loopback();
  options.max_connections = 1;
  TestServer server(options);
  auto first = server.Connect();
  CHECK(first.Exchange(Get("/hello")).status == 200);
  auto extra = server.Connect();  // turned away before it has said anything
  const auto refused = extra.ReceiveResponse();
  CHECK(refused.status == 503);
  CHECK(FieldNames(refused) == ProblemFields(Get("/nowhere")));
  CHECK(refused.Field("X-Finished") == "yes");
  CHECK(refused.body.starts_with(R"({"code":"overloaded","requestId":")"));
  CHECK(extra.ReceiveAll().empty());
}

TEST_CASE("Server: over the limit of connections, a head may come a moment later (S8, H23)") {
  auto options = TestServer::Loopback();
  options.max_connections = 1;
  TestServer server(options);
  auto first = server.Connect();
  first.Send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
  REQUIRE(TestServer::Eventually([&] { return server.handled().size() == 1; }));
  const std::string origin = "Origin: https://site.example\r\n";
  auto slow = server.Connect();
  slow.Send("GET /hello HTTP/1.1\r\n");
  auto quick = server.Connect();  // when it is answered, the loop has seen the slow one
  CHECK(quick.Exchange(Get("/hello")).status == 503);
  slow.Send("Host: x\r\n" + origin + "\r\n");
  const auto refused = slow.ReceiveResponse();
  CHECK(refused.status == 503);
  CHECK(refused.Field("X-Seen-Origin") == "https://site.example");

  auto preflight = server.Connect();
  const auto allowed = preflight.Exchange("OPTIONS /upload HTTP/1.1\r\nHost: x\r\n" + origin +
                                          "Access-Control-Request-Method: POST\r\n\r\n");
  CHECK(allowed.status == 204);
  CHECK(allowed.Field("X-Seen-Origin") == "https://site.example");
  CHECK(allowed.Field("Connection") == "close");
}

}  // namespace
}  // namespace vcache::http
