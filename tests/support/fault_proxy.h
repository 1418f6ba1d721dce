#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback_socket.h"

namespace vcache::test {

/// A link that can be made bad: forwards TCP from a free port of loopback to another, and adds
/// latency, cuts, trickles or corrupts on the way. What is changed holds for bytes that arrive
/// afterwards. All calls are safe from any thread.
class FaultProxy {
 public:
  explicit FaultProxy(std::uint16_t target)
      : target_(target),
        listener_(LoopbackSocket::Listen()),
        port_(listener_.port()),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        thread_([this] { Run(); }) {
    SetNonBlocking(listener_.fd());
  }
  ~FaultProxy() {
    stopping_.store(true);
    Wake();
    thread_.join();
  }
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  std::uint16_t port() const noexcept { return port_; }

  /// Added to each direction: half of what a round trip grows by.
  void SetDelay(std::chrono::milliseconds one_way) { delay_us_.store(one_way.count() * 1000); }
  /// At most `bytes` each `every`, in each direction; 0 bytes is no limit.
  void Trickle(std::size_t bytes, std::chrono::milliseconds every) {
    trickle_every_us_.store(every.count() * 1000);
    trickle_bytes_.store(bytes);
  }
  /// Replaces one byte in every `period` that the server sends; 0 is none.
  void Corrupt(std::size_t period) { corrupt_period_.store(period); }
  /// While on, bytes are taken and go nowhere.
  void Swallow(bool on) { swallow_.store(on); }
  /// Ends every connection now.
  void Cut() {
    cut_.store(true);
    Wake();
  }
  /// While refused, new connections are closed as soon as they are made.
  void Refuse(bool on) { refuse_.store(on); }
  /// Connections accepted so far.
  int connections() const noexcept { return connections_.load(); }

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Chunk {
    Time due;
    std::string bytes;
  };
  struct Direction {
    std::deque<Chunk> chunks;
    std::size_t passed = 0;
    Time last_due{};
    bool ended = false;
  };
  struct Link {
    LoopbackSocket client;
    LoopbackSocket server;
    Direction up;    // client to server
    Direction down;  // server to client
    bool dead = false;
  };

  static void SetNonBlocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }
  void Wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.fd(), &one, sizeof(one));
  }

  void Run() {
    while (!stopping_.load()) {
      Poll();
      if (cut_.exchange(false)) links_.clear();
      AcceptAll();
      const Time now = std::chrono::steady_clock::now();
      for (const auto& link : links_) {
        Receive(*link, link->client, link->up, false, now);
        Receive(*link, link->server, link->down, true, now);
        Forward(*link, link->server, link->up, now);
        Forward(*link, link->client, link->down, now);
      }
      std::erase_if(links_, [](const auto& link) { return link->dead; });
    }
  }

  void Poll() const {
    std::vector<pollfd> polled = {{listener_.fd(), POLLIN, 0}, {wake_.fd(), POLLIN, 0}};
    const Time now = std::chrono::steady_clock::now();
    std::chrono::microseconds wait = std::chrono::seconds(1);
    for (const auto& link : links_) {
      for (const Direction* direction : {&link->up, &link->down}) {
        if (direction->chunks.empty()) continue;
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(
            direction->chunks.front().due - now);
        wait = std::clamp(left, std::chrono::microseconds(0), wait);
      }
      if (!link->up.ended) polled.push_back({link->client.fd(), POLLIN, 0});
      if (!link->down.ended) polled.push_back({link->server.fd(), POLLIN, 0});
    }
    const timespec limit{wait.count() / 1'000'000, (wait.count() % 1'000'000) * 1000};
    ::ppoll(polled.data(), polled.size(), &limit, nullptr);
    std::uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.fd(), &ignored, sizeof(ignored));
  }

  void AcceptAll() {
    while (true) {
      LoopbackSocket client = listener_.Accept();
      if (!client.valid()) return;
      connections_.fetch_add(1);
      if (refuse_.load()) continue;
      auto link = std::make_unique<Link>();
      link->client = std::move(client);
      link->server = LoopbackSocket::Connect(target_);
      if (!link->server.valid()) continue;
      SetNonBlocking(link->client.fd());
      SetNonBlocking(link->server.fd());
      links_.push_back(std::move(link));
    }
  }

  void Receive(Link& link, const LoopbackSocket& from, Direction& direction, bool may_corrupt,
               Time now) {
    std::array<char, 64 * 1024> piece;
    while (!direction.ended) {
      const ssize_t got = ::recv(from.fd(), piece.data(), piece.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      if (got <= 0) {
        direction.ended = true;
        link.dead = link.dead || got < 0;
        return;
      }
      if (swallow_.load()) continue;
      std::string bytes(piece.data(), static_cast<std::size_t>(got));
      if (may_corrupt) Damage(bytes, direction);
      Enqueue(direction, std::move(bytes), now);
    }
  }

  void Damage(std::string& bytes, Direction& direction) {
    const std::size_t period = corrupt_period_.load();
    if (period == 0) return;
    for (char& byte : bytes) {
      if (++direction.passed % period == 0) byte = static_cast<char>(byte ^ 0x15);
    }
  }

  void Enqueue(Direction& direction, std::string bytes, Time now) {
    const Time due = now + std::chrono::microseconds(delay_us_.load());
    const std::size_t step = trickle_bytes_.load();
    if (step == 0) {
      direction.chunks.push_back({due, std::move(bytes)});
      return;
    }
    const auto every = std::chrono::microseconds(trickle_every_us_.load());
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      direction.last_due = std::max(due, direction.last_due + every);
      direction.chunks.push_back({direction.last_due, bytes.substr(at, step)});
    }
  }

  static void Forward(Link& link, const LoopbackSocket& to, Direction& direction, Time now) {
    while (!direction.chunks.empty() && direction.chunks.front().due <= now) {
      std::string& bytes = direction.chunks.front().bytes;
      const ssize_t sent = ::send(to.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        // The receiver stands still: look again soon, not all the time.
        direction.chunks.front().due = now + std::chrono::milliseconds(1);
        return;
      }
      if (sent < 0) {
        link.dead = true;
        return;
      }
      bytes.erase(0, static_cast<std::size_t>(sent));
      if (bytes.empty()) direction.chunks.pop_front();
    }
    if (direction.ended && direction.chunks.empty()) link.dead = true;
  }

  const std::uint16_t target_;
  LoopbackSocket listener_;
  const std::uint16_t port_;
  LoopbackSocket wake_;  // an event descriptor; closed like a socket
  std::atomic<bool> stopping_{false};
  std::atomic<bool> cut_{false};
  std::atomic<bool> refuse_{false};
  std::atomic<bool> swallow_{false};
  std::atomic<std::int64_t> delay_us_{0};
  std::atomic<std::int64_t> trickle_every_us_{0};
  std::atomic<std::size_t> trickle_bytes_{0};
  std::atomic<std::size_t> corrupt_period_{0};
  std::atomic<int> connections_{0};
  std::vector<std::unique_ptr<Link>> links_;  // the thread's own
  std::thread thread_;
};

}  // namespace vcache::test
