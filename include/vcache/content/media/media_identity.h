#pragma once

#include <cstdint>

#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"
#include "vcache/core/result.h"

namespace vcache::content {

/// More pictures than this are not told apart; no vendor looks at as many.
inline constexpr std::uint32_t kMostPictures = 100'000;

/// What a whole file is.
struct MediaIdentity {
  MediaType type = MediaType::kJpeg;
  /// Images: how many pictures it shows one after another. More than one in an animation (GIF,
  /// APNG, WebP) or an image sequence (HEIC, AVIF), as its container counts them, up to
  /// `kMostPictures`. 1 for videos.
  std::uint32_t pictures = 1;
};

/// Judges a file that has arrived whole: by its first bytes, and where these leave it open by what
/// its container holds, wherever in the file it lies. kUnsupportedMediaType, with the reason and
/// what to send instead, for what is not ours and for a container that is known to hold no picture:
/// an MP4, QuickTime, 3GP, WebM or AVI file all of whose tracks are sound or texts. What a damaged
/// or unusual file leaves open is not held against it. kIo when the spool cannot be read. Reads
/// pieces of 1 MiB in all, of a GIF every byte once. Thread-safe.
Result<MediaIdentity> IdentifyMedia(const Spool& file);

/// Refuses what `IdentifyMedia` would, as far as the first bytes tell: `kSniffBytes` of a file that
/// is at least as long.
Result<void> CheckMediaFront(ByteView front);

}  // namespace vcache::content
