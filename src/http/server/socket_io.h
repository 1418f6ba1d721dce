#pragma once

#include <cstdint>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"

namespace vcache::http {

enum class WaitStatus { kReady, kTimeout, kFailed };

/// Blocks until the socket has input or its end, or until `deadline`.
WaitStatus WaitReadable(int socket, Deadline deadline, const Clock& clock);

/// Sends two pieces at once, in one segment where they fit (rule H18). Returns the number of bytes
/// that the kernel took before `deadline` or a failure.
std::uint64_t SendBoth(int socket, std::string_view first, std::string_view second,
                       Deadline deadline, const Clock& clock);

/// Whether the peer has shut or reset the connection (rule H25). True also for a client that shut
/// only its writing side, although the server still answers it.
bool PeerGone(int socket) noexcept;

}  // namespace vcache::http
