#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

// What a piece of work costs the thread that does it. A program that uses this also compiles
// support/cost_meter.cpp, which replaces the global `operator new` by one that counts.
namespace vcache::test {

/// Starts counting the memory of this thread anew; what it holds already is not counted.
void ResetMemoryPeak() noexcept;
/// The most bytes that this thread has held at once since then, as `operator new` gave them.
std::size_t MemoryPeak() noexcept;
/// Time of the processor, not of the clock: a machine that is busy with others changes little.
std::chrono::nanoseconds ThreadTime() noexcept;

struct Cost {
  std::size_t bytes = 0;
  std::chrono::nanoseconds time{};
};

/// What reading one packet may take of the processor. Sanitizers and builds without optimisation
/// are that much slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
inline constexpr std::chrono::milliseconds kMostPacketTime{400};
#elif defined(__OPTIMIZE__)
inline constexpr std::chrono::milliseconds kMostPacketTime{20};
#else
inline constexpr std::chrono::milliseconds kMostPacketTime{200};
#endif

/// The memory that reading a packet of `size` bytes may take.
constexpr std::size_t MostPacketMemory(std::size_t size) {
  return 4 * size + 64 * 1024;
}

/// What `work` costs. One that takes long is done up to three times and the shortest counts: an
/// interrupt or a page that was not there is not the work's own.
template <typename Work>
Cost CostOf(Work work) {
  Cost cost{0, std::chrono::nanoseconds::max()};
  for (int i = 0; i < 3 && cost.time > kMostPacketTime / 2; ++i) {
    ResetMemoryPeak();
    const auto begin = ThreadTime();
    work();
    cost.time = std::min<std::chrono::nanoseconds>(cost.time, ThreadTime() - begin);
    cost.bytes = std::max(cost.bytes, MemoryPeak());
  }
  return cost;
}

}  // namespace vcache::test
