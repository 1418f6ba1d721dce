#pragma once

#include <sys/eventfd.h>
#include <sys/resource.h>

#include <vector>

#include "vcache/core/unique_fd.h"

namespace vcache::test {

/// While it lives, this process can open `left` more descriptors.
class NoDescriptors {
 public:
  explicit NoDescriptors(std::size_t left = 0) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{before_.rlim_cur < 256 ? before_.rlim_cur : 256, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &low);
    for (;;) {
      UniqueFd next(::eventfd(0, EFD_CLOEXEC));
      if (!next) break;
      held_.push_back(std::move(next));
    }
    held_.resize(held_.size() - left);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
  std::vector<UniqueFd> held_;
};

}  // namespace vcache::test
