#include <sys/socket.h>

#include <cerrno>

#include "redis/transport/byte_channel.h"

namespace vcache::redis {

IoOutcome PlainStream::Outcome(ssize_t moved, IoStatus blocked) {
  if (moved > 0) return {IoStatus::kDone, static_cast<std::size_t>(moved)};
  if (moved == 0) return {IoStatus::kClosed};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {blocked};
  if (errno == ECONNRESET || errno == EPIPE) return {IoStatus::kClosed};
  failure_ = "the connection broke: " + SystemErrorText(errno);
  return {IoStatus::kFailed};
}

IoOutcome PlainStream::Read(std::span<char> into) {
  return Outcome(::recv(fd(), into.data(), into.size(), 0), IoStatus::kWantRead);
}

IoOutcome PlainStream::Write(std::string_view bytes) {
  return Outcome(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL), IoStatus::kWantWrite);
}

}  // namespace vcache::redis
