#include "vcache/content/video/video_length.h"

#include "content/video/video_containers.h"

namespace vcache::content {

std::optional<std::chrono::milliseconds> VideoLength(std::uint64_t ticks,
                                                     std::uint64_t per_second) {
  constexpr std::uint64_t kMostSeconds = std::chrono::seconds(kLongestVideo).count();
  // With at most 32 bits of scale, the remainder times a thousand fits.
  if (per_second == 0 || per_second > UINT32_MAX) return std::nullopt;
  const std::uint64_t seconds = ticks / per_second;
  if (seconds > kMostSeconds) return std::nullopt;
  const std::uint64_t ms = seconds * 1000 + ticks % per_second * 1000 / per_second;
  if (ms == 0) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(ms));
}

void SetPictureSize(VideoInfo& info, std::uint64_t width, std::uint64_t height) {
  constexpr std::uint64_t kMostPixels = 65'535;
  if (width == 0 || height == 0 || width > kMostPixels || height > kMostPixels) return;
  info.width = static_cast<std::uint32_t>(width);
  info.height = static_cast<std::uint32_t>(height);
}

std::optional<VideoInfo> ReadVideoInfo(const Spool& file, MediaType type) {
  ReadBudget budget;
  const FileView view(file, budget);
  VideoInfo info;
  switch (type) {
    case MediaType::kMp4:
    case MediaType::kMov:
    case MediaType::k3gp:
    case MediaType::k3g2:
      info = ReadIsoVideo(view);
      break;
    case MediaType::kWebm:
      info = ReadMatroskaVideo(view);
      break;
    case MediaType::kAvi:
      info = ReadAviVideo(view);
      break;
    default:
      return std::nullopt;
  }
  if (!info.length && !info.width) return std::nullopt;
  return info;
}

}  // namespace vcache::content
