#pragma once

#include <cstdint>

#include "content/container/file_view.h"
#include "vcache/content/spool.h"

namespace vcache::content {

// How many pictures an image shows one after another, as its container counts them: 1 without an
// animation. For a damaged file or above a limit, the count so far.

/// Reads the whole file once: each GIF block only gives its own length.
std::uint32_t CountGifPictures(const Spool& file);
/// By the chunk `acTL`, which must precede the picture (APNG).
std::uint32_t CountPngPictures(const FileView& file);
/// By the chunks `ANMF`, if `VP8X` announces an animation.
std::uint32_t CountWebpPictures(const FileView& file);

}  // namespace vcache::content
