#pragma once

namespace vcache {

/// A deleter that calls a library's function: `std::unique_ptr<SSL, FreeWith<SSL_free>>`.
template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};

}  // namespace vcache
