#pragma once

#include <cstddef>
#include <utility>

#include "fuzz/fuzz_target.h"
#include "support/cost_meter.h"

namespace vcache::fuzz {

/// Does the work, which reads an input of `size` bytes. Its time and its memory are linear: at most
/// `factor` times the input, and a constant. The program also compiles support/cost_meter.cpp.
template <typename Work>
void RequireCheap(std::size_t size, std::size_t factor, Work work) {
  const test::Cost cost = test::CostOf(std::move(work));
  Require(cost.bytes <= factor * size + 64 * 1024, "memory follows from the input's size");
  const auto parts = static_cast<int>(1 + size / (64 * 1024));
  Require(cost.time <= parts * test::kMostPacketTime, "time follows from the input's size");
}

}  // namespace vcache::fuzz
