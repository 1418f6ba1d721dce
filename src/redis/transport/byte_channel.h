#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "redis/transport/socket.h"

namespace vcache::redis {

enum class IoStatus {
  kDone,       ///< Moved `bytes` bytes (or the handshake is complete).
  kWantRead,   ///< Nothing now; retry when the socket is readable.
  kWantWrite,  ///< Nothing now; retry when it is writable.
  kClosed,     ///< The peer ended the stream, properly or not.
  kFailed,     ///< Permanent; `ByteChannel::failure` says why.
};

struct IoOutcome {
  IoStatus status = IoStatus::kDone;
  std::size_t bytes = 0;
};

/// A connected, non-blocking byte stream. One thread at a time (rule T6). A read may have to write
/// and a write to read, so try both after any event (rule T4).
class ByteChannel {
 public:
  virtual ~ByteChannel() = default;

  virtual int fd() const noexcept = 0;
  /// Call until kDone, before the first read or write.
  virtual IoOutcome Handshake() = 0;
  /// Call until it returns a kWant status: decrypted bytes do not wake a poll (rule T4).
  virtual IoOutcome Read(std::span<char> into) = 0;
  virtual IoOutcome Write(std::string_view bytes) = 0;
  /// The reason for kFailed; else empty.
  const std::string& failure() const noexcept { return failure_; }
  /// Whether a quick retry is useless: the peer is not the expected one.
  bool refused() const noexcept { return refused_; }

 protected:
  std::string failure_;
  bool refused_ = false;
};

/// The plain socket.
class PlainStream final : public ByteChannel {
 public:
  explicit PlainStream(UniqueFd socket) noexcept : socket_(std::move(socket)) {}

  int fd() const noexcept override { return socket_.get(); }
  IoOutcome Handshake() override { return {}; }
  IoOutcome Read(std::span<char> into) override;
  IoOutcome Write(std::string_view bytes) override;

 private:
  IoOutcome Outcome(ssize_t moved, IoStatus blocked);
  UniqueFd socket_;
};

}  // namespace vcache::redis
