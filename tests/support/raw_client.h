#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace vcache::test {

/// One answer as it came over the wire.
struct RawResponse {
  int status = 0;
  std::string head;  ///< Status line and fields, the empty line included.
  std::string body;

  /// The value of a field, by its name in any case; nothing when it is not there.
  std::optional<std::string> Field(std::string_view name) const {
    std::size_t at = 0;
    while ((at = head.find("\r\n", at)) != std::string::npos) {
      at += 2;
      const std::size_t colon = head.find(':', at);
      if (colon == std::string::npos) break;
      if (colon - at != name.size() || ::strncasecmp(&head[at], name.data(), name.size()) != 0) {
        continue;
      }
      const std::size_t begin = head.find_first_not_of(' ', colon + 1);
      return head.substr(begin, head.find("\r\n", begin) - begin);
    }
    return std::nullopt;
  }
  /// How many fields of that (exact) name there are.
  std::size_t Count(const std::string& name) const {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = head.find("\r\n" + name + ":", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  }
};

/// A TCP client that sends exactly the bytes it is told, well-formed or not, and looks at what
/// comes back. Every wait has a limit; running into it throws, so that a test fails and does not
/// hang.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      Close();
      throw std::runtime_error("connect failed");
    }
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { Close(); }

  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// Closes with a reset in place of an end.
  void Reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    Close();
  }
  void ShutdownWrite() { ::shutdown(fd_, SHUT_WR); }
  int fd() const noexcept { return fd_; }

  /// False when the server no longer takes it.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// Whether something (or the end) comes within `wait`.
  bool Readable(std::chrono::milliseconds wait) {
    if (!buffer_.empty()) return true;
    pollfd entry{fd_, POLLIN, 0};
    return ::poll(&entry, 1, static_cast<int>(wait.count())) > 0;
  }

  /// One `recv`: what has arrived, empty at the end. Throws on a reset.
  std::string ReceiveSome() {
    if (!buffer_.empty()) return std::exchange(buffer_, {});
    if (!Readable(kPatience)) throw std::runtime_error("no answer in time");
    std::string bytes(64 * 1024, '\0');
    const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (count < 0) throw std::runtime_error("connection reset");
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
  }

  /// Everything up to the end of the connection.
  std::string ReceiveAll() {
    std::string all;
    for (;;) {
      const std::string some = ReceiveSome();
      if (some.empty()) return all;
      all += some;
    }
  }

  /// The next whole answer; `100 Continue` counts as one. `has_body` is false after HEAD.
  RawResponse ReceiveResponse(bool has_body = true) {
    std::string bytes;
    std::size_t end = std::string::npos;
    while ((end = bytes.find("\r\n\r\n")) == std::string::npos) Append(bytes);
    RawResponse response;
    response.head = bytes.substr(0, end + 4);
    response.status = std::atoi(response.head.c_str() + sizeof "HTTP/1.1");
    const auto length = response.Field("Content-Length");
    const std::size_t body = has_body && length ? std::stoul(*length) : 0;
    while (bytes.size() < end + 4 + body) Append(bytes);
    response.body = bytes.substr(end + 4, body);
    buffer_ = bytes.substr(end + 4 + body);
    return response;
  }

  RawResponse Exchange(std::string_view request) {
    Send(request);
    return ReceiveResponse();
  }

  /// Whether the server closes (an end or a reset) in time, whatever it says before.
  bool ClosedByServer() {
    try {
      ReceiveAll();
      return true;
    } catch (const std::runtime_error& e) {
      return std::string_view(e.what()) == "connection reset";
    }
  }

  static constexpr std::chrono::milliseconds kPatience{20'000};

 private:
  void Append(std::string& bytes) {
    const std::string some = ReceiveSome();
    if (some.empty()) throw std::runtime_error("connection closed within an answer");
    bytes += some;
  }

  int fd_;
  std::string buffer_;  ///< Received behind the last whole answer.
};

}  // namespace vcache::test
