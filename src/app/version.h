#pragma once

#include <string_view>

namespace vcache::app {

/// The project's version, from CMakeLists.txt.
inline constexpr std::string_view kVersion = VCACHE_VERSION;

}  // namespace vcache::app
