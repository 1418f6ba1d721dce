#pragma once

#include <optional>
#include <string_view>

#include "vcache/core/bytes.h"

namespace vcache::content {

/// What a file is. Decides the vendor's endpoint and nothing else (rule S6): a polyglot passes, and
/// we decode no media.
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

/// Enough of a file's front to rule out most of what is not ours, while the rest still arrives.
inline constexpr std::size_t kSniffBytes = 64;

/// Judges by the first bytes alone (at most `kSniffBytes` are looked at; fewer when the file is
/// shorter). Empty for everything that is not one of our types (SVG, HTML, PDF, text, audio also in
/// MP4, Matroska that is not WebM, and MPEG transport streams, which so few bytes cannot prove) and
/// for what only the rest of the file can tell: `IdentifyMedia` looks at all of it.
std::optional<MediaType> SniffMediaType(ByteView front) noexcept;

/// Whether a file that begins with these `kSniffBytes` can be one of ours. False is final.
bool MayBeMedia(ByteView front) noexcept;

/// `image/jpeg`, `video/quicktime`, ...
std::string_view MediaTypeName(MediaType type) noexcept;
bool IsVideo(MediaType type) noexcept;

}  // namespace vcache::content
