#pragma once

#include <cstdint>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"

namespace vcache::http {

enum class WaitStatus { kReady, kTimeout, kFailed };

/// Blocks until the socket has input or its end, or until `deadline`.
WaitStatus WaitReadable(int socket, Deadline deadline, const Clock& clock);

/// What a send came to.
struct SendOutcome {
  std::uint64_t sent = 0;
  bool failed = false;  ///< The peer is gone; false also when the socket's buffer is full.
};
/// Sends as much of two pieces as the socket takes now, in one segment where they fit (rule H18).
SendOutcome SendSome(int socket, std::string_view first, std::string_view second);

}  // namespace vcache::http
