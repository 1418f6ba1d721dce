#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "content/container/file_view.h"
#include "vcache/core/video_info.h"

namespace vcache::content {

// Each reads one container; fields that it does not find stay empty.
VideoInfo ReadIsoVideo(const FileView& file);
VideoInfo ReadMatroskaVideo(const FileView& file);
VideoInfo ReadAviVideo(const FileView& file);

// Whether the container has streams, all are understood, and none shows pictures.
bool MatroskaLacksVideo(const FileView& file);
bool AviLacksVideo(const FileView& file);

/// `ticks` of 1/`per_second` s each; empty when zero, without a scale, or above `kLongestVideo`.
std::optional<std::chrono::milliseconds> VideoLength(std::uint64_t ticks, std::uint64_t per_second);
/// Sets both or neither: ignores zero and impossible sizes.
void SetPictureSize(VideoInfo& info, std::uint64_t width, std::uint64_t height);

}  // namespace vcache::content
