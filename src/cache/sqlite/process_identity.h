#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcache::cache {

/// This process as no other process of this machine was or will be: `<boot id>:<pid>:<start time>`.
/// An id alone is given to another process sooner or later, and after each start of a container to
/// the very same program. Empty when /proc does not tell.
std::optional<std::string> ThisProcess();

/// Whether nobody is left of a process that `ThisProcess` once named: another boot, no such id,
/// another start time, or dead and not yet waited for. False in doubt. Thread-safe.
bool IsGone(std::string_view process);

}  // namespace vcache::cache
