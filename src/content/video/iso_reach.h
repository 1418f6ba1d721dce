#pragma once

#include "content/container/file_view.h"
#include "vcache/content/video/video_reach.h"

namespace vcache::content {

/// The reach of an MP4 or QuickTime file.
VideoReach ReadIsoReach(const FileView& file);

}  // namespace vcache::content
