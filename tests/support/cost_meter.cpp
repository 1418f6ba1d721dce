#include "support/cost_meter.h"

#include <malloc.h>
#include <time.h>

#include <cstdlib>
#include <new>

namespace {

// Signed: a thread may free what another one has allocated.
thread_local std::ptrdiff_t held = 0;
thread_local std::ptrdiff_t held_at_reset = 0;
thread_local std::ptrdiff_t most_held = 0;

void* Counted(void* memory) {
  if (memory == nullptr) return nullptr;
  held += static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  if (held > most_held) most_held = held;
  return memory;
}

void* Allocate(std::size_t size) {
  return Counted(std::malloc(size == 0 ? 1 : size));
}

void* Allocate(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return Counted(std::aligned_alloc(step, (size + step - 1) / step * step));
}

void* OrThrow(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

// Not inlined: into code that it sees whole, GCC says that free() does not fit to new.
[[gnu::noinline]] void Release(void* memory) {
  if (memory == nullptr) return;
  held -= static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

namespace vcache::test {

void ResetMemoryPeak() noexcept {
  held_at_reset = held;
  most_held = held;
}

std::size_t MemoryPeak() noexcept {
  return static_cast<std::size_t>(most_held - held_at_reset);
}

std::chrono::nanoseconds ThreadTime() noexcept {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace vcache::test

// All of them: a sanitizer's own would not pair with ours.
void* operator new(std::size_t size) {
  return OrThrow(Allocate(size));
}
void* operator new[](std::size_t size) {
  return OrThrow(Allocate(size));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return Allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return Allocate(size);
}
void* operator new(std::size_t size, std::align_val_t step) {
  return OrThrow(Allocate(size, step));
}
void* operator new[](std::size_t size, std::align_val_t step) {
  return OrThrow(Allocate(size, step));
}
void* operator new(std::size_t size, std::align_val_t step, const std::nothrow_t&) noexcept {
  return Allocate(size, step);
}
void* operator new[](std::size_t size, std::align_val_t step, const std::nothrow_t&) noexcept {
  return Allocate(size, step);
}
void operator delete(void* memory) noexcept {
  Release(memory);
}
void operator delete[](void* memory) noexcept {
  Release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  Release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  Release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  Release(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  Release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  Release(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  Release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  Release(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  Release(memory);
}
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  Release(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  Release(memory);
}
