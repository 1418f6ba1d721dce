#pragma once

#include <string>

namespace vcache {

/// Whether an `errno` says that this process or machine is short of descriptors or memory. Then
/// nobody on the other side of a connection is to blame.
bool IsShortageOfOurs(int error) noexcept;

/// Whether a few more descriptors could be opened now. Some libraries hide the error that tells.
bool HasSpareDescriptors() noexcept;

/// A sentence that says so and what to do; `purpose`: "for a connection to Redis".
std::string NoDescriptorLeft(const std::string& purpose);

}  // namespace vcache
