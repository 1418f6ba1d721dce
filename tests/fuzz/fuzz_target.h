#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "vcache/core/bytes.h"

/// One fuzz target per program, in libFuzzer's form. `mutation_driver.cpp` or libFuzzer calls it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace vcache::fuzz {

inline std::string_view Text(const std::uint8_t* data, std::size_t size) {
  return AsText(std::as_bytes(std::span(data, size)));
}

/// What must hold for every input. Aborts, which both drivers report together with the input.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace vcache::fuzz
