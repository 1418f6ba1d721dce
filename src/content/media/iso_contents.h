#pragma once

#include <cstdint>
#include <optional>

#include "content/container/file_view.h"
#include "vcache/content/container/media_type.h"

namespace vcache::content {

/// What an ISO base media or QuickTime file holds, as far as its boxes tell.
struct IsoContents {
  /// It has a `moov` box that holds what such a box holds.
  bool has_movie = false;
  /// So many boxes lie side by side that not all were looked at.
  bool unread = false;
  bool has_video_track = false;
  /// All tracks are known, there is one at least, and none of them shows anything: sound, texts,
  /// timed metadata. Never where a part is missing, compressed or not understood.
  bool lacks_video = false;
  /// The codec of its image items, or else of a track of pictures: HEVC or AV1.
  std::optional<MediaType> picture_type;
  /// The samples of its track of pictures; 0 without one.
  std::uint32_t sequence_pictures = 0;
};

IsoContents ReadIsoContents(const FileView& file);

}  // namespace vcache::content
