#pragma once

#include <string>

namespace vcache {

/// 32 lower-case hex digits from the kernel's generator (getrandom(2)): a name that nobody else
/// makes or guesses. Thread-safe. Ends the process when the kernel has no randomness to give, which
/// it always has after the machine's start.
std::string RandomId();

}  // namespace vcache
