#pragma once

#include <string>

namespace vcache {

/// 32 random lower-case hex digits from getrandom(2): unique and impossible to guess. Thread-safe.
/// Aborts the process when the kernel has no randomness.
std::string RandomId();

}  // namespace vcache
