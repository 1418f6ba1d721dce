#include "vcache/core/unique_fd.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

using vcache::UniqueFd;

namespace {

bool IsOpen(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

UniqueFd OpenSomething() {
  return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

TEST_CASE("UniqueFd: closes what it owns, once") {
  CHECK_FALSE(UniqueFd());
  int fd = -1;
  {
    const UniqueFd owner = OpenSomething();
    REQUIRE(owner);
    fd = owner.get();
    CHECK(IsOpen(fd));
  }
  CHECK_FALSE(IsOpen(fd));
}

TEST_CASE("UniqueFd: a move hands over, and closes what the target had") {
  UniqueFd one = OpenSomething();
  UniqueFd two = OpenSomething();
  const int first = one.get();
  const int second = two.get();
  two = std::move(one);
  CHECK(two.get() == first);
  CHECK(IsOpen(first));
  CHECK_FALSE(IsOpen(second));
}

TEST_CASE("UniqueFd: closing keeps the error that is being handled") {
  UniqueFd owner = OpenSomething();
  errno = ENOSPC;
  owner.Reset();
  CHECK(errno == ENOSPC);
}
