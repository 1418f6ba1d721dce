#include "vcache/detection/detector.h"

namespace vcache::detection {

std::string_view MediaKindName(MediaKind kind) noexcept {
  switch (kind) {
    case MediaKind::kImage:
      return "image";
    case MediaKind::kVideo:
      return "video";
    case MediaKind::kText:
      return "text";
  }
  return "image";
}

}  // namespace vcache::detection
