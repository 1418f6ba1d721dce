#pragma once

#include <string_view>

namespace vcache::content {

/// The format of a file. It decides only the vendor's endpoint: polyglots are accepted (rule S6).
enum class MediaType {
  kJpeg,
  kPng,
  kWebp,
  kGif,
  kAvif,
  kHeic,
  kMp4,
  kMov,
  kWebm,
  kAvi,
  kMpeg,
  k3gp,
  k3g2
};

/// For example `image/jpeg` or `video/quicktime`.
std::string_view MediaTypeName(MediaType type) noexcept;
bool IsVideo(MediaType type) noexcept;

}  // namespace vcache::content
