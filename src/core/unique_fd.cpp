#include "vcache/core/unique_fd.h"

#include <unistd.h>

#include <cerrno>

namespace vcache {

void UniqueFd::Reset(int fd) noexcept {
  const int error = errno;
  if (fd_ >= 0) ::close(fd_);
  errno = error;
  fd_ = fd;
}

}  // namespace vcache
