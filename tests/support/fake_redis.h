#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/loopback_socket.h"

namespace vcache::test {

/// What a scripted server sees of one client.
class FakeRedisPeer {
 public:
  explicit FakeRedisPeer(int fd) : fd_(fd) {}

  /// The words of the next command; empty when the client has gone.
  std::vector<std::string> Read() {
    std::vector<std::string> words;
    const std::string head = Line();
    if (head.empty()) return words;
    const int count = std::atoi(head.c_str() + 1);
    for (int i = 0; i < count; ++i) {
      const std::string size = Line();
      if (size.empty()) return {};
      words.push_back(Bytes(static_cast<std::size_t>(std::atoi(size.c_str() + 1))));
      Bytes(2);
    }
    return words;
  }
  void Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void SendBulk(std::string_view value) const {
    Send("$" + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n");
  }
  /// Answers the greeting of a client like a server that is ready.
  void Greet() {
    for (auto words = Read(); !words.empty(); words = Read()) {
      Send(words[0] == "PING" ? "+PONG\r\n" : "+OK\r\n");
      if (words[0] == "PING") return;
    }
  }
  /// Returns when the client has closed the connection.
  void AwaitEnd() {
    while (!Bytes(1).empty()) {
    }
  }

 private:
  std::string Line() {
    std::string line;
    while (true) {
      const std::string next = Bytes(1);
      if (next.empty()) return {};
      if (next == "\r") continue;
      if (next == "\n") return line;
      line += next;
    }
  }
  std::string Bytes(std::size_t count) const {
    std::string bytes(count, '\0');
    std::size_t got = 0;
    while (got < count) {
      const ssize_t read = ::recv(fd_, bytes.data() + got, count - got, 0);
      if (read <= 0) return {};
      got += static_cast<std::size_t>(read);
    }
    return bytes;
  }

  int fd_;
};

/// A server that does what a test says: `script` is run for each connection, in a thread of its
/// own, with the connection's number (0 is the first); the connection ends with it.
class FakeRedis {
 public:
  using Script = std::function<void(FakeRedisPeer&, int)>;

  explicit FakeRedis(Script script)
      : script_(std::move(script)),
        listener_(LoopbackSocket::Listen()),
        port_(listener_.port()),
        acceptor_([this] { Accept(); }) {}
  ~FakeRedis() {
    stopping_.store(true);
    listener_.Shutdown();
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }
  FakeRedis(const FakeRedis&) = delete;
  FakeRedis& operator=(const FakeRedis&) = delete;

  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const noexcept { return port_; }
  int connections() const noexcept { return connections_.load(); }

 private:
  void Accept() {
    while (!stopping_.load()) {
      LoopbackSocket socket = listener_.Accept();
      if (!socket.valid()) return;
      const int number = connections_.fetch_add(1);
      {
        const std::lock_guard lock(mutex_);
        open_.push_back(socket.fd());
      }
      threads_.emplace_back([this, number, owned = std::move(socket)]() mutable {
        FakeRedisPeer peer(owned.fd());
        script_(peer, number);
        const std::lock_guard lock(mutex_);
        open_.erase(std::find(open_.begin(), open_.end(), owned.fd()));
        owned.Close();
      });
    }
  }

  Script script_;
  LoopbackSocket listener_;
  std::uint16_t port_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;             // guarded by mutex_
  std::vector<std::thread> threads_;  // the acceptor's, then the destructor's
  std::thread acceptor_;
};

}  // namespace vcache::test
