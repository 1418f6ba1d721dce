// What a file is: its first bytes, brands, items, tracks, and the pictures of an animation.

#include "fuzz/fuzz_target.h"
#include "support/media_files.h"
#include "vcache/content/media/media_identity.h"

using namespace vcache;
using vcache::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = vcache::fuzz::Text(data, size);
  const content::Spool spool = test::SpoolOf(bytes);
  const auto identity = content::IdentifyMedia(spool);
  if (size >= content::kSniffBytes) {
    const auto front = content::CheckMediaFront(spool);
    Require(front || !identity, "what the first bytes rule out is nothing afterwards");
  }
  if (!identity) {
    Require(identity.error().code == ErrorCode::kUnsupportedMediaType, "a refusal says what it is");
    Require(!identity.error().message.empty(), "a refusal has a reason");
    return 0;
  }
  Require(identity->pictures >= 1 && identity->pictures <= content::kMostPictures,
          "the number of pictures is bounded");
  Require(!content::IsVideo(identity->type) || identity->pictures == 1, "a video is one");
  Require(content::MediaTypeName(identity->type).find('/') == 5, "a type of ours");
  return 0;
}
