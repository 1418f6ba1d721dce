#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback_socket.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"
#include "support/test_certificates.h"
#include "vcache/core/clock.h"
#include "vcache/net/http_client.h"
#include "vcache/redis/rest/upstash_rest.h"

namespace vcache::test {

/// tests/support/upstash_rest_stand_in.py in front of a Redis: a free port, gone with the object.
/// Needs the definition VCACHE_REST_STAND_IN, the script's path.
class RestStandIn {
 public:
  static constexpr const char* kToken = "stand-in-token";

  explicit RestStandIn(const RedisServer& redis,
                       std::optional<TestAuthority::LeafOptions> tls = std::nullopt)
      : redis_(redis.socket_path().string()) {
    net::InitHttpClients();
    if (tls) {
      authority_.emplace(directory_.path(), "rest-ca");
      leaf_ = authority_->Issue("rest", *tls);
    }
    // Another test may take the port before the stand-in does.
    for (int attempt = 0; attempt < 5; ++attempt) {
      port_ = LoopbackSocket::FreePort();
      if (TryStart()) return;
    }
    throw std::runtime_error("the stand-in does not start");
  }
  ~RestStandIn() { Kill(); }
  RestStandIn(const RestStandIn&) = delete;
  RestStandIn& operator=(const RestStandIn&) = delete;

  static bool Available() {
    if (std::system("command -v python3 >/dev/null 2>&1") == 0) return RedisServer::Available();
    if (std::getenv("CI") != nullptr) throw std::runtime_error("python3 is not installed");
    std::fputs("skipped: python3 is not installed\n", stderr);
    return false;
  }

  std::string url() const {
    return (authority_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
  }
  /// Options that lead here, with room for a busy machine.
  redis::UpstashRestOptions Options() const {
    redis::UpstashRestOptions options;
    options.url = url();
    options.token = Secret(kToken);
    if (authority_) options.ca_file = authority_->ca_file().string();
    options.command_timeout = std::chrono::milliseconds(5'000);
    return options;
  }

  /// On the same port again; returns when it takes connections.
  void Start() {
    if (!TryStart()) throw std::runtime_error("the stand-in does not start");
  }
  bool TryStart() {
    std::vector<std::string> words = {
        "setpriv", "--pdeathsig", "KILL",    "python3", "-B",     VCACHE_REST_STAND_IN,
        "--redis", redis_,        "--token", kToken,    "--port", std::to_string(port_)};
    if (authority_) {
      words.insert(words.end(),
                   {"--certificate", leaf_.certificate.string(), "--key", leaf_.key.string()});
    }
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    const int failed = posix_spawnp(&pid_, "setpriv", &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    ::close(out[1]);
    // It says where it listens, once it does; who answers on the port may be somebody else.
    char said = 0;
    while (failed == 0 && said != '\n' && ::read(out[0], &said, 1) == 1) continue;
    ::close(out[0]);
    if (said != '\n') Kill();
    return said == '\n';
  }
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  /// Returns when it has come to a stop.
  void Freeze() const {
    ::kill(pid_, SIGSTOP);
    waitpid(pid_, nullptr, WUNTRACED);
  }
  void Thaw() const { ::kill(pid_, SIGCONT); }

  /// JSON, as the stand-in's `misbehave` reads it: `{"mode":"status","status":500}`.
  void Behave(const std::string& behaviour) { Control("behaviour", behaviour); }
  /// One of `requests`, `commands`, `connections`.
  int Count(const std::string& name) {
    const std::string counts = Control("counts", "{}");
    const std::size_t at = counts.find("\"" + name + "\": ");
    REQUIRE(at != std::string::npos);
    return std::atoi(counts.c_str() + at + name.size() + 4);
  }

 private:
  std::string Control(const std::string& what, const std::string& body) {
    net::CurlHttpClientOptions options;
    if (authority_) options.ca_file = authority_->ca_file().string();
    const auto http = net::MakeCurlHttpClient(options, clock_);
    net::HttpRequest request;
    request.url = url() + "/stand-in/" + what;
    request.body = body;
    const auto response = http->Send(request, Deadline::Never());
    REQUIRE(response);
    return response->body;
  }

  SystemClock clock_;
  TempDir directory_;
  std::string redis_;
  std::uint16_t port_;
  std::optional<TestAuthority> authority_;
  TestAuthority::Leaf leaf_;
  pid_t pid_ = -1;
};

}  // namespace vcache::test
