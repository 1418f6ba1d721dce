#pragma once

#include <chrono>
#include <optional>

#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"

namespace vcache::content {

/// The longest playing time that a container allows. Parts of a container may disagree, by accident
/// or on purpose, and a vendor may believe any of them.
struct VideoReach {
  /// The longest length that any part states: the movie, a track, an edit, or the sum of its
  /// samples. At most `kLongestVideo`. Empty where no part states one.
  std::optional<std::chrono::milliseconds> longest = std::nullopt;
  /// Every sample of every track was counted, so nothing in the file lasts longer. Otherwise
  /// `longest` is only a claim: always for fragmented files, WebM, AVI and MPEG.
  bool counted = false;
};

/// Reads at most 1 MiB. A damaged, hostile or unreadable file is not counted. Thread-safe.
VideoReach ReadVideoReach(const Spool& file, MediaType type);

}  // namespace vcache::content
