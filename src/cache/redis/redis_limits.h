#pragma once

#include <cstddef>

namespace vcache::cache {

/// More than an entry ever has: a larger value of somebody else is corrupt, which the entry's
/// reader finds, and no reason to drop the connection. Beyond this it is (rule R4).
inline constexpr std::size_t kMaxValueBytes = 8 * 1024 * 1024;

}  // namespace vcache::cache
