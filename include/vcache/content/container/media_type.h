#pragma once

#include <optional>
#include <string_view>

#include "vcache/core/bytes.h"

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

/// Enough first bytes to reject most unsupported files while the rest still arrives.
inline constexpr std::size_t kSniffBytes = 64;

/// Reads at most the first `kSniffBytes`. Empty for an unsupported format: SVG, HTML, PDF, text,
/// audio (also in MP4), Matroska other than WebM. Empty also where these bytes prove nothing (MPEG
/// transport streams) or leave it open: `IdentifyMedia` reads the rest of the file.
std::optional<MediaType> SniffMediaType(ByteView front) noexcept;

/// Whether a file that begins with these `kSniffBytes` can be a supported one. False is final.
bool MayBeMedia(ByteView front) noexcept;

/// For example `image/jpeg` or `video/quicktime`.
std::string_view MediaTypeName(MediaType type) noexcept;
bool IsVideo(MediaType type) noexcept;

}  // namespace vcache::content
