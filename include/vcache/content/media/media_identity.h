#pragma once

#include <cstdint>

#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"
#include "vcache/core/result.h"

namespace vcache::content {

/// The count of pictures stops here; no vendor reads as many.
inline constexpr std::uint32_t kMostPictures = 100'000;

/// The format of a whole file.
struct MediaIdentity {
  MediaType type = MediaType::kJpeg;
  /// The pictures that an image shows one after another, as its container states, up to
  /// `kMostPictures`: several in an animation (GIF, APNG, WebP) or an image sequence (HEIC, AVIF).
  /// 1 for videos.
  std::uint32_t pictures = 1;
};

/// Identifies a complete file by its first bytes and, where they leave it open, by the container's
/// content. A damaged or unusual file passes where its format stays open. Reads at most 1 MiB,
/// except that it reads every byte of a GIF once. Thread-safe. Errors: kUnsupportedMediaType, with
/// the reason and what to send instead, for an unsupported format, and for an MP4, QuickTime, 3GP,
/// WebM or AVI file that has only sound or text tracks. kIo when the spool cannot be read.
Result<MediaIdentity> IdentifyMedia(const Spool& file);

/// Enough first bytes to reject most unsupported files while the rest still arrives.
inline constexpr std::size_t kSniffBytes = 64;

/// Rejects what `IdentifyMedia` rejects by the first `kSniffBytes`, which `file` must hold; more
/// may follow. Errors as there.
Result<void> CheckMediaFront(const Spool& file);

}  // namespace vcache::content
