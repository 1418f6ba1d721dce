#include "app/read_whole.h"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace vcache::app {

bool ReadWhole(int fd, std::size_t most, std::string& text) {
  std::array<char, 16 * 1024> buffer{};
  while (text.size() <= most) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace vcache::app
