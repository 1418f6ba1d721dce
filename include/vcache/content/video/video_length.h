#pragma once

#include <chrono>
#include <optional>

#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"
#include "vcache/core/video_info.h"

namespace vcache::content {

/// Longer claims are taken for nonsense.
inline constexpr std::chrono::hours kLongestVideo{1000};

/// What the container of a video says of its length and picture: MP4 and QuickTime, WebM, AVI.
/// Empty for other types and where it says nothing. Reads pieces of the file, 1 MiB and 64 boxes
/// side by side at most, wherever they lie; a file that is damaged, hostile or cannot be read says
/// nothing. Thread-safe.
std::optional<VideoInfo> ReadVideoInfo(const Spool& file, MediaType type);

}  // namespace vcache::content
