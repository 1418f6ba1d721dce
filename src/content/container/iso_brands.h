#pragma once

#include <optional>
#include <string_view>

#include "vcache/content/container/media_type.h"

namespace vcache::content {

/// What the brands of an ISO base media file (ISO/IEC 14496-12, 4.3) make it.
struct IsoBrands {
  /// Empty: they name none of our types.
  std::optional<MediaType> type;
  /// It may still be another type, or one at all: what it holds decides, and `type` where that says
  /// nothing.
  bool look_inside = false;
  /// An image that is a sequence of pictures.
  bool sequence = false;
};

/// Reads the `ftyp` box that `front` begins with, as far as it is there. The major brand decides
/// where it names a format. Where it is only a structure (`mif1`, `isom`) or a maker's own
/// (`XAVC`), a brand that names the codec of an image comes before one that names a container of
/// video: readers of images are told apart by it, and every image of this family may claim `iso8`
/// as well.
IsoBrands ReadIsoBrands(std::string_view front);

}  // namespace vcache::content
