#pragma once

#include <cstdint>
#include <optional>

#include "content/container/file_view.h"
#include "vcache/content/container/media_type.h"

namespace vcache::content {

/// What the boxes of an ISO base media or QuickTime file state about its content.
struct IsoContents {
  /// It has a `moov` box with the expected content.
  bool has_movie = false;
  /// The level has more boxes than the parser reads.
  bool unread = false;
  bool has_video_track = false;
  /// There is at least one track, all are understood, and none shows pictures: sound, texts, timed
  /// metadata. False where a part is missing, compressed or not understood.
  bool lacks_video = false;
  /// The codec of its image items, otherwise of a picture track: HEVC or AV1.
  std::optional<MediaType> picture_type;
  /// The samples of its picture track; 0 without one.
  std::uint32_t sequence_pictures = 0;
};

IsoContents ReadIsoContents(const FileView& file);

}  // namespace vcache::content
