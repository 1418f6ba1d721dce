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

/// Reads the `ftyp` box (ISO/IEC 14496-12, 4.3) at the start of `front`. A major brand that names a
/// format decides. Under a structural major brand (`mif1`, `isom`) or a maker's own (`XAVC`), a
/// brand of an image codec precedes a brand of a video container: image readers decide by the
/// codec, and every image of this family may claim `iso8` too.
MediaFront ReadIsoBrands(std::string_view front);

MediaFront ReadMediaFront(std::string_view front) noexcept;

}  // namespace vcache::content
