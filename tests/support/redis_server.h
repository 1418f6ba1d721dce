#pragma once

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/loopback_socket.h"
#include "support/temp_dir.h"
#include "support/test_certificates.h"

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace vcache::test {

/// A real `redis-server` of the test's own: free port, own directory, nothing on disk, gone with
/// the object. Tests talk to it on the side through a unix socket (`Ask`), whatever its transport.
class RedisServer {
 public:
  struct Options {
    bool tls = false;
    /// With `tls`; by default made for localhost, 127.0.0.1 and ::1.
    std::optional<TestAuthority::LeafOptions> certificate;
    /// With `tls`; signs the certificate in place of an authority of the server's own, so that
    /// servers can trust each other. Must outlive the server.
    const TestAuthority* authority = nullptr;
    /// Added to the command line: `{"--maxmemory", "1mb"}`.
    std::vector<std::string> arguments;
  };

  RedisServer() : RedisServer(Options()) {}
  explicit RedisServer(Options options) : options_(std::move(options)) {
    port_ = LoopbackSocket::FreePort();
    if (options_.tls) {
      if (options_.authority == nullptr) authority_.emplace(directory_.path(), "ca");
      leaf_ = authority().Issue("server-" + std::to_string(port_),
                                options_.certificate.value_or(TestAuthority::LeafOptions()));
    }
    Start();
  }
  ~RedisServer() { Kill(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  /// Whether the test can run. Without the program it is skipped with a message, but with `CI` in
  /// the environment it must be there.
  static bool Available() {
    if (std::system("command -v redis-server >/dev/null 2>&1") == 0) return true;
    if (std::getenv("CI") != nullptr) throw std::runtime_error("redis-server is not installed");
    std::fputs("skipped: redis-server is not installed\n", stderr);
    return false;
  }

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const {
    const std::string port = std::to_string(port_);
    if (!options_.tls) return "redis://127.0.0.1:" + port;
    return "rediss://127.0.0.1:" + port + "?tls_ca=" + ca_file().string();
  }
  std::string unix_url() const { return "unix://" + socket_path().string(); }
  std::filesystem::path ca_file() const { return authority().ca_file(); }
  std::filesystem::path socket_path() const { return directory_.path() / "redis.sock"; }

  /// Starts the program (again), on the same port, empty; returns when it answers.
  void Start() {
    std::vector<std::string> words = CommandLine();
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (posix_spawnp(&pid_, "setpriv", nullptr, nullptr, argv.data(), environ) != 0) {
      pid_ = -1;
      throw std::runtime_error("redis-server does not start");
    }
    for (int attempt = 0; attempt < 500; ++attempt) {
      if (Answers()) return;
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("redis-server does not answer; see " + LogFile());
  }
  /// SIGSTOP: connections stay, nothing is answered. SIGCONT undoes it.
  void Freeze() const { ::kill(pid_, SIGSTOP); }
  void Thaw() const { ::kill(pid_, SIGCONT); }
  /// `kill -9`. Without harm when it is dead.
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
    std::error_code ignored;
    std::filesystem::remove(socket_path(), ignored);
  }

  /// Runs a command on the side and returns its reply as text: a number, a string, `(nil)`, an
  /// error's text, or the elements of an array with a line break after each.
  std::string Ask(std::initializer_list<std::string_view> words) const {
    const Context context(redisConnectUnix(socket_path().c_str()));
    if (context == nullptr || context->err != 0) throw std::runtime_error("redis does not answer");
    if (!password_.empty()) {
      const Reply ignored(
          static_cast<redisReply*>(redisCommand(context.get(), "AUTH %s", password_.c_str())));
    }
    std::vector<const char*> argv;
    std::vector<size_t> sizes;
    for (const std::string_view word : words) {
      argv.push_back(word.data());
      sizes.push_back(word.size());
    }
    const Reply reply(static_cast<redisReply*>(
        redisCommandArgv(context.get(), static_cast<int>(argv.size()), argv.data(), sizes.data())));
    if (reply == nullptr) throw std::runtime_error("redis does not answer");
    return TextOf(*reply);
  }
  /// What `Ask` authenticates with from now on.
  void UsePassword(std::string password) { password_ = std::move(password); }

  /// How often the server ran `command` (lower case) since the last CONFIG RESETSTAT.
  int Calls(const std::string& command) const {
    return static_cast<int>(Told("commandstats", "cmdstat_" + command + ":calls=").value_or(0));
  }

  /// How long 99 of 100 calls of `command` held the server at most, in microseconds. Throws when
  /// there was none.
  double P99Micros(const std::string& command) const {
    const std::string line = "latency_percentiles_usec_" + command + ":";
    return Told("latencystats", line, "p99=").value();
  }

 private:
  /// The number behind `mark` in a section of INFO, or behind `part` in that line.
  std::optional<double> Told(std::string_view section, const std::string& mark,
                             std::string_view part = {}) const {
    const std::string info = Ask({"INFO", section});
    std::size_t at = info.find(mark);
    if (at != std::string::npos) at = info.find(part, at + mark.size());
    if (at == std::string::npos) return std::nullopt;
    return std::atof(info.c_str() + at + (part.empty() ? 0 : part.size()));
  }

  struct FreeContext {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
  };
  struct FreeReply {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
  };
  using Context = std::unique_ptr<redisContext, FreeContext>;
  using Reply = std::unique_ptr<redisReply, FreeReply>;

  const TestAuthority& authority() const {
    return options_.authority != nullptr ? *options_.authority : *authority_;
  }

  std::string LogFile() const { return (directory_.path() / "redis.log").string(); }

  std::vector<std::string> CommandLine() const {
    const std::string port = std::to_string(port_);
    // setpriv: the server must not outlive a test program that crashes.
    std::vector<std::string> words = {"setpriv",      "--pdeathsig",
                                      "KILL",         "redis-server",
                                      "--bind",       "127.0.0.1",
                                      "--port",       options_.tls ? "0" : port,
                                      "--unixsocket", socket_path().string(),
                                      "--save",       "",
                                      "--dir",        directory_.path().string(),
                                      "--logfile",    LogFile()};
    if (options_.tls) {
      words.insert(words.end(), {"--tls-port", port, "--tls-cert-file", leaf_.certificate.string(),
                                 "--tls-key-file", leaf_.key.string(), "--tls-ca-cert-file",
                                 ca_file().string(), "--tls-auth-clients", "no"});
    }
    words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
    return words;
  }

  bool Answers() const {
    const Context context(redisConnectUnix(socket_path().c_str()));
    return context != nullptr && context->err == 0;
  }

  static std::string TextOf(const redisReply& reply) {
    switch (reply.type) {
      case REDIS_REPLY_INTEGER:
        return std::to_string(reply.integer);
      case REDIS_REPLY_NIL:
        return "(nil)";
      case REDIS_REPLY_ARRAY: {
        std::string lines;
        for (size_t i = 0; i < reply.elements; ++i) lines += TextOf(*reply.element[i]) + "\n";
        return lines;
      }
      default:
        return {reply.str, reply.len};
    }
  }

  TempDir directory_;
  Options options_;
  std::optional<TestAuthority> authority_;
  TestAuthority::Leaf leaf_;
  std::string password_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace vcache::test
