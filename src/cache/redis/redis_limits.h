#pragma once

#include <cstddef>

namespace vcache::cache {

/// More than any entry of ours. The entry's reader finds a larger value corrupt. Beyond this limit
/// the connection is dropped (rule R4).
inline constexpr std::size_t kMaxValueBytes = 8 * 1024 * 1024;

}  // namespace vcache::cache
