#pragma once

#include <chrono>
#include <optional>

#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"
#include "vcache/core/video_info.h"

namespace vcache::content {

/// A longer claim is ignored as nonsense.
inline constexpr std::chrono::hours kLongestVideo{1000};

/// The length and picture size that a video's container states: MP4 and QuickTime, WebM, AVI. Empty
/// for other types, for a container that states neither, and for a damaged or unreadable file.
/// Reads at most 1 MiB, and 64 boxes on each level. Thread-safe.
std::optional<VideoInfo> ReadVideoInfo(const Spool& file, MediaType type);

}  // namespace vcache::content
