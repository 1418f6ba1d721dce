#pragma once

#include <optional>
#include <string_view>

#include "vcache/core/bytes.h"

namespace vcache::content {

/// What the magic bytes say a file is. Decides the vendor's endpoint and nothing else (rule S6): a
/// polyglot passes, and we decode no media.
enum class MediaType { kJpeg, kPng, kWebp, kGif, kAvif, kHeic, kMp4, kMov, kWebm, kAvi, kMpeg };

/// Enough of a file's front for `SniffMediaType` to decide.
inline constexpr std::size_t kSniffBytes = 64;

/// Judges by the first bytes (at most `kSniffBytes` are looked at; fewer when the file is shorter).
/// Empty for everything that is not one of our types: SVG, HTML, PDF, text, audio (also in MP4),
/// Matroska that is not WebM, and MPEG transport streams, which so few bytes cannot prove.
/// QuickTime files older than `ftyp` are known by their first box.
std::optional<MediaType> SniffMediaType(ByteView front) noexcept;

/// `image/jpeg`, `video/quicktime`, ...
std::string_view MediaTypeName(MediaType type) noexcept;
bool IsVideo(MediaType type) noexcept;

}  // namespace vcache::content
