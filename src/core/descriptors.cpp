#include "vcache/core/descriptors.h"

#include <sys/eventfd.h>

#include <array>
#include <cerrno>

#include "vcache/core/unique_fd.h"

namespace vcache {
namespace {

/// What one outgoing connection may need at once: a socket, a pair that wakes its thread, a file.
constexpr std::size_t kSpare = 4;

}  // namespace

bool IsShortageOfOurs(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool HasSpareDescriptors() noexcept {
  std::array<UniqueFd, kSpare> spare;
  for (UniqueFd& each : spare) {
    each.Reset(::eventfd(0, EFD_CLOEXEC));
    if (!each && IsShortageOfOurs(errno)) return false;
  }
  return true;
}

std::string NoDescriptorLeft(const std::string& purpose) {
  return "This process has no descriptor left " + purpose +
         "; raise the limit of open files (ulimit -n, LimitNOFILE) or lower MAX_CONNECTIONS.";
}

}  // namespace vcache
