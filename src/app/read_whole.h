#pragma once

#include <cstddef>
#include <string>

namespace vcache::app {

/// Appends what a file holds to `text`, up to a little more than `most` bytes. False with errno set
/// on failure.
bool ReadWhole(int fd, std::size_t most, std::string& text);

}  // namespace vcache::app
