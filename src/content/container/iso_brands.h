#pragma once

#include <optional>
#include <string_view>

#include "vcache/content/container/media_type.h"

namespace vcache::content {

/// What the brands of an ISO base media file (ISO/IEC 14496-12, 4.3) state.
struct IsoBrands {
  /// Empty when no brand names a supported type.
  std::optional<MediaType> type;
  /// The content of the file decides; `type` applies where the content is inconclusive.
  bool look_inside = false;
  bool sequence = false;
};

/// Reads the `ftyp` box at the start of `front`. A major brand that names a format decides. Under a
/// structural major brand (`mif1`, `isom`) or a maker's own (`XAVC`), a brand of an image codec
/// precedes a brand of a video container: image readers decide by the codec, and every image of
/// this family may claim `iso8` too.
IsoBrands ReadIsoBrands(std::string_view front);

}  // namespace vcache::content
