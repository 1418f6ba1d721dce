#pragma once

#include <utility>

namespace vcache {

/// Owns one file descriptor and closes it. Thread-safe as an int is.
class UniqueFd {
 public:
  UniqueFd() = default;
  /// Takes over an open descriptor; a negative value means none.
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  /// Closes the owned descriptor and takes over `fd`. Keeps `errno`.
  void Reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

}  // namespace vcache
