#pragma once

#include <chrono>
#include <optional>

#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"

namespace vcache::content {

/// How long a video may last for the one who plays it, as far as its container tells. Parts of a
/// container may disagree, by accident or on purpose, and a vendor may believe any of them.
struct VideoReach {
  /// The longest that any part of it says: the movie, a track, an edit, or the sum of its samples.
  /// At most `kLongestVideo`. Empty where no part says anything.
  std::optional<std::chrono::milliseconds> longest = std::nullopt;
  /// Every sample of every track was counted, so that nothing in the file lasts longer. Else
  /// `longest` is a claim: always in fragments, WebM, AVI and MPEG.
  bool counted = false;
};

/// Reads pieces of the file, 1 MiB at most, like `ReadVideoInfo`. A file that is damaged, hostile
/// or cannot be read is not counted. Thread-safe.
VideoReach ReadVideoReach(const Spool& file, MediaType type);

}  // namespace vcache::content
