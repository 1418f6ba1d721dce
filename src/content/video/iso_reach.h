#pragma once

#include "content/container/file_view.h"
#include "vcache/content/video/video_reach.h"

namespace vcache::content {

VideoReach ReadIsoReach(const FileView& file);

}  // namespace vcache::content
