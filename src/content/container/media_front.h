#pragma once

#include <optional>
#include <string_view>

#include "vcache/content/container/media_type.h"

namespace vcache::content {

struct MediaFront {
  std::optional<MediaType> type;
  /// The rest of the file may prove another type, or none.
  bool look_inside = false;
  bool sequence = false;
  /// QuickTime older than `ftyp`: its first box has a common word for a name, which proves little.
  bool unmarked = false;
};

MediaFront ReadMediaFront(std::string_view front) noexcept;

}  // namespace vcache::content
