#pragma once

#include <cstdint>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"

namespace vcache::http {

enum class WaitStatus { kReady, kTimeout, kFailed };

/// Blocks until the socket has something to read (an end counts), or `deadline`.
WaitStatus WaitReadable(int socket, Deadline deadline, const Clock& clock);

/// Sends two pieces as one, so that they leave in one segment where they fit (rule H18). Returns
/// how many bytes the kernel took before `deadline` or a failure.
std::uint64_t SendBoth(int socket, std::string_view first, std::string_view second,
                       Deadline deadline, const Clock& clock);

/// Whether the peer has shut or reset the connection (rule H25). A client that only shut its
/// writing side counts as gone here, although it is still answered.
bool PeerGone(int socket) noexcept;

}  // namespace vcache::http
