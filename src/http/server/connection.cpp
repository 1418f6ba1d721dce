#include "http/server/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "http/parsing/request_head.h"

namespace vcache::http {

HeadStatus Connection::FindHead(std::size_t max_bytes) {
  const std::string_view bytes = input.view();
  if (const auto end = FindHeadEnd(bytes, searched)) {
    head_end = *end;
    return head_end > max_bytes ? HeadStatus::kTooLarge : HeadStatus::kComplete;
  }
  searched = bytes.size();
  return bytes.size() > max_bytes ? HeadStatus::kTooLarge : HeadStatus::kIncomplete;
}

void Connection::ForgetHead() {
  input.Consume(head_end);
  head_end = 0;
  searched = 0;
}

ReadStatus Connection::ReadMore() {
  std::array<char, 16 * 1024> bytes;  // NOLINT: filled by recv
  ssize_t count = 0;
  do {
    count = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count == 0) return ReadStatus::kEnd;
  if (count < 0) {
    return errno == EAGAIN || errno == EWOULDBLOCK ? ReadStatus::kNothingYet : ReadStatus::kFailed;
  }
  input.Compact();
  input.Append({bytes.data(), static_cast<std::size_t>(count)});
  return ReadStatus::kData;
}

}  // namespace vcache::http
