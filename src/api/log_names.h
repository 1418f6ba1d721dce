#pragma once

#include <string>
#include <string_view>

#include "vcache/cache/key_space.h"

namespace vcache::api {

/// Prepares a client's path or pattern for the log: cut, and under `KEY_SECRET` without plain hash
/// digits, which would confirm a guessed short text. A whole hash (64 hexadecimal digits) becomes
/// 12 digits of its stored name; another run of at least 8 becomes `(hidden)`. The logger escapes
/// the rest.
std::string NameForLog(std::string_view sent, const cache::KeySpace& keys);

}  // namespace vcache::api
