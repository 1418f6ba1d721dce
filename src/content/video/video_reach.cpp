#include "vcache/content/video/video_reach.h"

#include <algorithm>

#include "content/video/iso_reach.h"
#include "vcache/content/video/video_length.h"

namespace vcache::content {

VideoReach ReadVideoReach(const Spool& file, MediaType type) {
  VideoReach reach;
  if (type == MediaType::kMp4 || type == MediaType::kMov) {
    ReadBudget budget;
    reach = ReadIsoReach(FileView(file, budget));
  }
  const auto info = ReadVideoInfo(file, type);
  if (info && info->length) {
    reach.longest = std::max(reach.longest.value_or(*info->length), *info->length);
  }
  return reach;
}

}  // namespace vcache::content
