#pragma once

#include <cstddef>

namespace vcache::content {

/// Limits the memory of a C library whose allocator functions get no context. While a
/// `BoundedMemory` lives, this thread's allocations count against its limit; above it they return
/// null. Free all of them on the same thread before it ends. Do not nest instances.
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
