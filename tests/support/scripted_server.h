#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace vcache::test {

/// A raw TCP server on a free port of loopback that does to its clients what a script says. It
/// reads whole requests (by length or chunks), counts connections and requests, and hands each
/// request to the script, which writes whatever bytes it likes. No HTTP library is involved, so it
/// can misbehave in every way.
class ScriptedServer {
 public:
  /// One accepted connection, in the hands of the script.
  class Peer {
   public:
    explicit Peer(int fd) : fd_(fd) {}
    /// False when the client is gone.
    bool Send(std::string_view bytes) {
      while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      }
      return true;
    }
    /// Orderly end; no further request is read.
    void Close() {
      ::shutdown(fd_, SHUT_RDWR);
      closed_ = true;
    }
    /// Ends with a reset: the client's next read or write fails.
    void Reset() {
      const linger hard{1, 0};
      ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      closed_ = true;
    }
    /// Says nothing until the client gives up (or the test ends).
    void AwaitClose() {
      char sink[4096];
      while (::recv(fd_, sink, sizeof sink, 0) > 0) {
      }
      closed_ = true;
    }
    /// Whether the client hung up within so many milliseconds.
    bool ClosedWithin(int millis) {
      pollfd poll_fd{fd_, POLLIN, 0};
      return ::poll(&poll_fd, 1, millis) > 0;
    }
    bool closed() const { return closed_; }

   private:
    int fd_;
    bool closed_ = false;
  };

  /// Answers one request, given its raw head and body.
  using Reply = std::function<void(Peer&, const std::string& request)>;

  /// The nth request gets the nth reply, the last one also all that come after.
  explicit ScriptedServer(std::vector<Reply> script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("ScriptedServer: no socket");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }
  explicit ScriptedServer(Reply reply) : ScriptedServer(std::vector<Reply>{std::move(reply)}) {}

  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }
  /// Those that neither side has closed.
  std::size_t open_connections() const {
    const std::lock_guard lock(mutex_);
    return open_.size();
  }
  /// How many requests arrived whole.
  int requests() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(requests_.size());
  }
  /// The raw bytes of one of them.
  std::string request(std::size_t index) const {
    const std::lock_guard lock(mutex_);
    return requests_.at(index);
  }
  /// Waits until so many requests arrived whole.
  void AwaitRequests(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return requests_.size() >= count; });
  }

 private:
  void Accept() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++connections_;
      {
        const std::lock_guard lock(mutex_);
        open_.push_back(fd);
      }
      threads_.emplace_back([this, fd] { Serve(fd); });
    }
  }

  void Serve(int fd) {
    Peer peer(fd);
    std::string received;
    while (!peer.closed()) {
      const std::string request = ReadRequest(fd, received);
      if (request.empty()) break;
      Reply reply;
      {
        const std::lock_guard lock(mutex_);
        reply = script_[std::min(requests_.size(), script_.size() - 1)];
        requests_.push_back(request);
        arrived_.notify_all();
      }
      reply(peer, request);
    }
    const std::lock_guard lock(mutex_);
    std::erase(open_, fd);
    ::close(fd);
  }

  /// One whole request, or empty when the client went away before its end.
  static std::string ReadRequest(int fd, std::string& received) {
    for (;;) {
      const std::size_t end = RequestEnd(received);
      if (end != std::string::npos) {
        std::string request = received.substr(0, end);
        received.erase(0, end);
        return request;
      }
      char piece[65536];
      const ssize_t count = ::recv(fd, piece, sizeof piece, 0);
      if (count <= 0) return {};
      received.append(piece, static_cast<std::size_t>(count));
    }
  }

  static std::size_t RequestEnd(const std::string& received) {
    const std::size_t head = received.find("\r\n\r\n");
    if (head == std::string::npos) return head;
    const std::size_t body = head + 4;
    const std::size_t length = received.find("Content-Length: ");
    if (length != std::string::npos && length < head) {
      const std::size_t whole = body + std::stoul(received.substr(length + 16));
      return received.size() >= whole ? whole : std::string::npos;
    }
    if (received.find("Transfer-Encoding: chunked") < head) {
      const std::size_t last = received.find("\r\n0\r\n\r\n", head);
      return last == std::string::npos ? last : last + 7;
    }
    return body;
  }

  const std::vector<Reply> script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::string> requests_;  // guarded by mutex_
  std::vector<int> open_;              // guarded by mutex_
  std::vector<std::thread> threads_;   // the acceptor's until it ended
  std::thread acceptor_;
};

/// A whole answer with a length, connection kept open.
inline ScriptedServer::Reply Answer(int status, std::string body, std::string headers = "") {
  return [=](ScriptedServer::Peer& peer, const std::string&) {
    peer.Send("HTTP/1.1 " + std::to_string(status) + " Scripted\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
  };
}

/// Reads the request whole and hangs up without a byte.
inline ScriptedServer::Reply CloseWithoutAnswer() {
  return [](ScriptedServer::Peer& peer, const std::string&) { peer.Close(); };
}

/// Sends exactly these bytes, then hangs up.
inline ScriptedServer::Reply SendAndClose(std::string bytes) {
  return [=](ScriptedServer::Peer& peer, const std::string&) {
    peer.Send(bytes);
    peer.Close();
  };
}

/// Reads the request and says nothing until the client gives up.
inline ScriptedServer::Reply Stall() {
  return [](ScriptedServer::Peer& peer, const std::string&) { peer.AwaitClose(); };
}

}  // namespace vcache::test
