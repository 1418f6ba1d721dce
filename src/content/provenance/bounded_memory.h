#pragma once

#include <cstddef>

namespace vcache::content {

/// Memory for a C library whose allocator functions get no context: what this thread allocates by
/// them while a `BoundedMemory` lives is counted against it, and above its limit they return null,
/// as if the machine had no more. Give back all of it, on the same thread, before it ends; do not
/// nest them. The limit is by construction, whatever the library does.
class BoundedMemory {
 public:
  explicit BoundedMemory(std::size_t most) noexcept;
  ~BoundedMemory();
  BoundedMemory(const BoundedMemory&) = delete;
  BoundedMemory& operator=(const BoundedMemory&) = delete;

  static void* Allocate(std::size_t size) noexcept;
  static void* Reallocate(void* block, std::size_t size) noexcept;
  static void Free(void* block) noexcept;
};

}  // namespace vcache::content
