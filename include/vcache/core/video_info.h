#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace vcache {

/// What a video's container says of it. A claim of the file, read without decoding anything: good
/// for an estimate, never for a bill.
struct VideoInfo {
  /// More than zero; empty where the container does not know (a live recording) or says nonsense.
  std::optional<std::chrono::milliseconds> length;
  /// Of the picture in pixels; both or neither.
  std::optional<std::uint32_t> width;
  std::optional<std::uint32_t> height;
};

}  // namespace vcache
