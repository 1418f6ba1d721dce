// The heads of videos. The first byte of the input chooses the container.

#include "fuzz/fuzz_target.h"
#include "support/media_files.h"
#include "vcache/content/video/video_length.h"

using namespace vcache;
using content::MediaType;
using vcache::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr MediaType kTypes[] = {MediaType::kMp4, MediaType::kMov, MediaType::kWebm,
                                  MediaType::kAvi};
  if (size == 0) return 0;
  const MediaType type = kTypes[data[0] % std::size(kTypes)];
  const content::Spool spool = test::SpoolOf(vcache::fuzz::Text(data + 1, size - 1));
  const auto info = content::ReadVideoInfo(spool, type);
  if (!info) return 0;
  Require(!info->length || (info->length->count() > 0 && *info->length <= content::kLongestVideo),
          "a length is more than nothing and bounded");
  Require(info->width.has_value() == info->height.has_value(), "a picture has two sides");
  Require(!info->width || (*info->width > 0 && *info->height > 0), "a picture has an area");
  Require(info->length || info->width, "an answer says something");
  return 0;
}
