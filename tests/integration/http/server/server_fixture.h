#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/raw_client.h"
#include "support/recording_logger.h"
#include "vcache/core/bytes.h"
#include "vcache/http/server/server.h"

namespace vcache::http {

/// A server on a free port with a handful of routes, and what they saw.
class TestServer {
 public:
  /// What an access record said, kept beyond the call.
  struct Access {
    std::string id;
    std::string method;
    std::string path;
    int status;
    std::uint64_t bytes_in;
    std::uint64_t bytes_out;
    bool client_gone;
  };

  static ServerOptions Loopback() {
    ServerOptions options;
    options.host = "127.0.0.1";
    options.port = 0;
    return options;
  }

  explicit TestServer(ServerOptions options = Loopback(),
                      const std::function<void(Router&)>& more_routes = {})
      : server_(std::move(options), Routes(more_routes), Hooks(), clock_, logger_) {
    const auto started = server_.Start();
    REQUIRE(started.has_value());
  }

  Server& server() { return server_; }
  std::uint16_t port() const { return server_.port(); }
  test::RawClient Connect() const { return test::RawClient(port()); }
  test::RecordingLogger& logger() { return logger_; }
  SystemClock& clock() { return clock_; }

  std::vector<Access> accesses() const {
    const std::lock_guard lock(mutex_);
    return accesses_;
  }
  /// The paths of all requests that reached a handler, in order.
  std::vector<std::string> handled() const {
    const std::lock_guard lock(mutex_);
    return handled_;
  }
  /// The length of the last whole body that `/upload` saw.
  std::string last_body() const {
    const std::lock_guard lock(mutex_);
    return last_body_;
  }

  std::atomic<bool> is_short_of_room{false};

  void Saw(const Request& request) {
    const std::lock_guard lock(mutex_);
    handled_.push_back(request.info.path);
  }

  /// Waits (for real, but never for a result that could differ) until `done`.
  template <typename Done>
  static bool Eventually(const Done& done) {
    for (int i = 0; i < 10'000; ++i) {
      if (done()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return done();
  }

 private:
  Router Routes(const std::function<void(Router&)>& more_routes) {
    Router router;
    router.Add("GET", "/hello", [this](Request& request) {
      Saw(request);
      Response response;
      response.headers.Set("Content-Type", "text/plain; charset=utf-8");
      response.body = "hello";
      return response;
    });
    router.AddRoute("POST", "/ignore", [this](Request& request) -> RouteResult {
      Saw(request);
      return Response{.status = 200, .headers = {}, .body = "ignored", .log_outcome = {}};
    });
    router.AddRoute("POST", "/upload", [this](Request& request) -> RouteResult {
      Saw(request);
      return std::make_unique<Echo>(*this);
    });
    router.Add("GET", "/throw",
               [](Request&) -> Response { throw std::runtime_error("the password is swordfish"); });
    if (more_routes) more_routes(router);
    return router;
  }

  /// Answers with the body itself.
  class Echo final : public Intake {
   public:
    explicit Echo(TestServer& server) : server_(server) {}
    Result<void> Take(ByteView piece) override {
      body_ += AsText(piece);
      return {};
    }
    void Complete(std::shared_ptr<Responder> responder) override {
      {
        const std::lock_guard lock(server_.mutex_);
        server_.last_body_ = std::to_string(body_.size());
      }
      responder->Answer([this] {
        return Response{.status = 200, .headers = {}, .body = std::move(body_), .log_outcome = {}};
      });
    }

   private:
    TestServer& server_;
    std::string body_;
  };

  ServerHooks Hooks() {
    return {.render_error =
                [](const RequestInfo& info, const Error& error) {
                  Response response;
                  response.headers.Set("Content-Type", "application/problem+json");
                  response.body = "{\"code\":\"" + std::string(CodeName(error.code)) +
                                  "\",\"requestId\":\"" + info.id + "\"}";
                  return response;
                },
            .finish =
                [](const RequestInfo& info, Response& response) {
                  response.headers.Set("X-Finished", "yes");
                  if (const auto origin = info.headers.Get("Origin")) {
                    response.headers.Set("X-Seen-Origin", std::string(*origin));
                  }
                },
            .on_finished =
                [this](const AccessRecord& record) {
                  const std::lock_guard lock(mutex_);
                  accesses_.push_back({record.request->id, record.request->method,
                                       record.request->path, record.status, record.bytes_in,
                                       record.bytes_out, record.client_gone});
                },
            .is_short_of_room = [this] { return is_short_of_room.load(); }};
  }

  mutable std::mutex mutex_;
  std::vector<Access> accesses_;      // guarded by mutex_
  std::vector<std::string> handled_;  // guarded by mutex_
  std::string last_body_;             // guarded by mutex_
  SystemClock clock_;
  test::RecordingLogger logger_;
  Server server_;  // last: its threads use the rest
};

/// How many entries a directory of /proc/self has: open descriptors, threads.
inline std::size_t CountOwn(const std::string& what) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator("/proc/self/" + what)) {
    ++count;
  }
  return count;
}

inline std::string Get(std::string_view path, std::string_view more = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n";
}

inline std::string Post(std::string_view path, std::string_view body, std::string_view more = {}) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

}  // namespace vcache::http
