#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "content/container/file_view.h"
#include "vcache/core/video_info.h"

namespace vcache::content {

// Each reads one container; what it does not find stays empty.
VideoInfo ReadIsoVideo(const FileView& file);
VideoInfo ReadMatroskaVideo(const FileView& file);
VideoInfo ReadAviVideo(const FileView& file);

// Whether all streams of the container are known, there is one at least, and none of them shows
// anything. False wherever a part is missing or not understood.
bool MatroskaLacksVideo(const FileView& file);
bool AviLacksVideo(const FileView& file);

/// `ticks` of 1/`per_second` s each; empty when zero, without a scale, or over `kLongestVideo`.
std::optional<std::chrono::milliseconds> VideoLength(std::uint64_t ticks, std::uint64_t per_second);
/// Takes both or neither: zero, and what no picture has, is nothing.
void SetPictureSize(VideoInfo& info, std::uint64_t width, std::uint64_t height);

}  // namespace vcache::content
