#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "redis/rest/link.h"
#include "support/fake_clock.h"
#include "support/gate.h"
#include "support/never.h"
#include "support/recording_logger.h"

namespace vcache::test {

using namespace redis;  // NOLINT: a bench of this namespace
using namespace std::chrono_literals;

inline const char* const kPong = R"({"result":"UE9ORw=="})";

inline Result<net::HttpResponse> RestSays(std::string body, int status = 200) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

inline Error RestDies(ErrorCode code = ErrorCode::kVendorUnavailable,
                      Charge charge = Charge::kUnknown) {
  return Error{code, "Upstash is gone.", charge};
}

/// What the server does; all connections lead to it.
class FakeRest {
 public:
  using Answer = std::function<Result<net::HttpResponse>(const std::string& body)>;

  /// From now on PING gets `pong`, everything else `command`.
  void Behave(
      Answer command, Answer pong = [](const std::string&) { return RestSays(kPong); }) {
    const std::lock_guard lock(mutex_);
    command_ = std::move(command);
    pong_ = std::move(pong);
  }
  Result<net::HttpResponse> Take(const net::HttpRequest& request) {
    const std::string& body = std::get<std::string>(request.body);
    const bool is_ping = body == R"(["PING"])";
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      (is_ping ? pings_ : commands_) += 1;
      answer = is_ping ? pong_ : command_;
    }
    return answer(body);
  }
  int pings() const { return Locked(pings_); }
  int commands() const { return Locked(commands_); }
  net::HttpRequest last() const { return Locked(requests_).back(); }

 private:
  template <typename T>
  T Locked(const T& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  mutable std::mutex mutex_;
  Answer command_ = [](const std::string&) { return RestSays(R"({"result":"OK"})"); };
  Answer pong_ = [](const std::string&) { return RestSays(kPong); };
  std::vector<net::HttpRequest> requests_;  // guarded by mutex_
  int pings_ = 0;                           // guarded by mutex_
  int commands_ = 0;                        // guarded by mutex_
};

class FakeRestConnection final : public net::HttpClient {
 public:
  explicit FakeRestConnection(FakeRest& server) : server_(server) {}
  Result<net::HttpResponse> Send(const net::HttpRequest& request, Deadline) override {
    return server_.Take(request);
  }

 private:
  FakeRest& server_;
};

/// A link to the fake, ready when made.
struct RestFixture {
  explicit RestFixture(std::size_t connections = 1, UpstashRestOptions options = {}) {
    options.url = "https://example.upstash.io";
    options.token = Secret("the-token");
    std::vector<std::unique_ptr<net::HttpClient>> clients;
    for (std::size_t i = 0; i < connections; ++i) {
      clients.push_back(std::make_unique<FakeRestConnection>(server));
    }
    link = std::make_unique<UpstashRestLink>(options, std::move(clients), clock, logger);
  }
  void Start() {
    REQUIRE(link->Start());
    REQUIRE(link->AwaitReady(kNever));
    AwaitLines(1);
  }
  Result<RespReply> Ask(std::vector<std::string> words, Deadline deadline = kNever) {
    return link->Run(RespCommand{std::move(words), {}}, deadline);
  }
  void AwaitLines(std::size_t count) const {
    while (logger.lines().size() < count) std::this_thread::yield();
  }
  void AwaitPings(int count) const {
    while (server.pings() < count) std::this_thread::yield();
  }
  void AwaitWaiting(std::size_t commands) const {
    while (link->Status().waiting < commands) std::this_thread::yield();
  }
  std::string state() const { return std::string(RespStateName(link->Status().state)); }

  FakeClock clock;
  RecordingLogger logger;
  FakeRest server;
  std::unique_ptr<UpstashRestLink> link;
};

inline std::string Header(const net::HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace vcache::test
