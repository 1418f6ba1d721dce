#pragma once

#include <string>
#include <string_view>

#include "vcache/cache/key_space.h"

namespace vcache::api {

/// A path or a pattern that a client sent, as the log may show it: cut, and under `KEY_SECRET`
/// without digits of a plain hash, which tells what a short text is to whoever guesses it. A whole
/// hash (64 hexadecimal digits) becomes the first 12 digits of its stored name, as other lines name
/// that content; another run of 8 and more becomes `(hidden)`. The logger escapes the rest.
std::string NameForLog(std::string_view sent, const cache::KeySpace& keys);

}  // namespace vcache::api
