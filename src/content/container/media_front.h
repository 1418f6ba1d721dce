#pragma once

#include <optional>
#include <string_view>

#include "vcache/content/container/media_type.h"

namespace vcache::content {

/// What the first bytes of a file make it.
struct MediaFront {
  std::optional<MediaType> type;
  /// The rest of the file may make it another type, or one at all.
  bool look_inside = false;
  /// An image that is a sequence of pictures.
  bool sequence = false;
  /// QuickTime as it was before `ftyp`: a box with a common word for a name, which proves little.
  bool unmarked = false;
};

/// Judges by as many first bytes as there are.
MediaFront ReadMediaFront(std::string_view front) noexcept;

}  // namespace vcache::content
