#include "content/provenance/bounded_memory.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace vcache::content {
namespace {

/// Precedes each block, so that `free` knows the size.
struct alignas(std::max_align_t) BlockHead {
  std::size_t size;
};

/// The bytes that the `BoundedMemory` of this thread may still allocate.
thread_local std::size_t room_left = 0;

}  // namespace

BoundedMemory::BoundedMemory(std::size_t most) noexcept {
  room_left = most;
}

BoundedMemory::~BoundedMemory() {
  room_left = 0;
}

void* BoundedMemory::Allocate(std::size_t size) noexcept {
  if (room_left < sizeof(BlockHead) || size > room_left - sizeof(BlockHead)) return nullptr;
  void* memory = ::operator new(sizeof(BlockHead) + size, std::nothrow);
  if (memory == nullptr) return nullptr;
  room_left -= sizeof(BlockHead) + size;
  return new (memory) BlockHead{size} + 1;
}

void* BoundedMemory::Reallocate(void* block, std::size_t size) noexcept {
  void* larger = Allocate(size);  // both blocks count meanwhile
  if (larger == nullptr || block == nullptr) return larger;
  const BlockHead* head = static_cast<const BlockHead*>(block) - 1;
  std::memcpy(larger, block, std::min(size, head->size));
  Free(block);
  return larger;
}

void BoundedMemory::Free(void* block) noexcept {
  if (block == nullptr) return;
  BlockHead* head = static_cast<BlockHead*>(block) - 1;
  room_left += sizeof(BlockHead) + head->size;
  ::operator delete(head);
}

}  // namespace vcache::content
