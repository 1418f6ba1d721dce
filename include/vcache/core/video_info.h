#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace vcache {

/// What a video's container declares; nothing is decoded. Good for an estimate, not for a bill.
struct VideoInfo {
  /// More than zero; empty when the container does not know (a live recording) or is implausible.
  std::optional<std::chrono::milliseconds> length;
  /// In pixels; both or neither.
  std::optional<std::uint32_t> width;
  std::optional<std::uint32_t> height;
};

}  // namespace vcache
