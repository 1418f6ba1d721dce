#pragma once

#include <string>

namespace vcache::api {

/// A random UUID (RFC 9562, version 4) from the operating system's generator.
std::string MakeUuid();

}  // namespace vcache::api
