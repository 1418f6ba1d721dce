#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <random>
#include <stdexcept>
#include <utility>

namespace vcache::test {

/// Owns a socket of 127.0.0.1.
class LoopbackSocket {
 public:
  LoopbackSocket() = default;
  explicit LoopbackSocket(int fd) : fd_(fd) {}
  ~LoopbackSocket() { Close(); }
  LoopbackSocket(LoopbackSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  LoopbackSocket& operator=(LoopbackSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  static LoopbackSocket Listen(std::uint16_t port = 0) {
    LoopbackSocket made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(made.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    const sockaddr_in address = Address(port);
    if (::bind(made.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        ::listen(made.fd_, 512) != 0) {
      throw std::runtime_error("cannot listen on loopback");
    }
    return made;
  }
  /// Not valid when refused.
  static LoopbackSocket Connect(std::uint16_t port) {
    LoopbackSocket made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = Address(port);
    if (::connect(made.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      made.Close();
    } else {
      made.SendAtOnce();
    }
    return made;
  }
  LoopbackSocket Accept() const {
    LoopbackSocket made(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (made.valid()) made.SendAtOnce();
    return made;
  }

  std::uint16_t port() const {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
  }
  int fd() const noexcept { return fd_; }
  bool valid() const noexcept { return fd_ >= 0; }
  /// Ends both directions; whoever blocks on it returns.
  void Shutdown() const noexcept { ::shutdown(fd_, SHUT_RDWR); }
  void Close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  /// A port that was free a moment ago, for a program that cannot be given port 0. Below those that
  /// the system gives to outgoing connections: of these, every test beside this one opens hundreds,
  /// and one of them may be taken before the program comes to listen on it.
  static std::uint16_t FreePort() {
    std::random_device chance;
    std::uniform_int_distribution<std::uint16_t> ports(10'000, 32'767);
    for (int attempt = 0; attempt < 1'000; ++attempt) {
      try {
        return Listen(ports(chance)).port();
      } catch (const std::runtime_error&) {
        continue;  // somebody's
      }
    }
    throw std::runtime_error("no free port on loopback");
  }

 private:
  static sockaddr_in Address(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  void SendAtOnce() const {
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }

  int fd_ = -1;
};

}  // namespace vcache::test
