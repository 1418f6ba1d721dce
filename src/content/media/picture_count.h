#pragma once

#include <cstdint>

#include "content/container/file_view.h"
#include "vcache/content/spool.h"

namespace vcache::content {

// How many pictures an image of that type shows one after another, as its container counts them: 1
// where it is no animation, and at least what is there where it is damaged or over a bound.

/// Reads all of it once: the blocks of a GIF tell their length only one by one.
std::uint32_t CountGifPictures(const Spool& file);
/// By the chunk `acTL`, which must lie before the picture (APNG).
std::uint32_t CountPngPictures(const FileView& file);
/// By the chunks `ANMF`, where `VP8X` says that it is an animation.
std::uint32_t CountWebpPictures(const FileView& file);

}  // namespace vcache::content
