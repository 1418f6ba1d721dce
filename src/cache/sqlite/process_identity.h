#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcache::cache {

/// A name for this process that is unique on this machine: `<boot id>:<pid>:<start time>`; process
/// ids alone are reused. Empty when /proc does not tell.
std::optional<std::string> ThisProcess();

/// Whether the process named by `ThisProcess` has ended: another boot, no such id, another start
/// time, or dead and not yet waited for. False in doubt. Thread-safe.
bool IsGone(std::string_view process);

}  // namespace vcache::cache
