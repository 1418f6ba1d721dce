#include "vcache/content/media/media_identity.h"

#include <algorithm>
#include <span>
#include <string>

#include "content/container/file_view.h"
#include "content/container/media_front.h"
#include "content/media/iso_contents.h"
#include "content/media/picture_count.h"
#include "content/video/video_containers.h"

namespace vcache::content {
namespace {

/// Room for a thousand brands, and for any EBML header seen so far.
constexpr std::size_t kIdentityFront = 4096;

constexpr const char* kNotMedia =
    "The content is not an image or video that can be analysed, whatever its name says; "
    "send JPEG, PNG, WebP, GIF, AVIF, HEIC, MP4, MOV, 3GP, WebM, AVI or MPEG.";
constexpr const char* kLacksVideo =
    "The file has no video track, only sound or other tracks that show nothing; send a video "
    "or an image.";

Error Refused(const char* why) {
  return {ErrorCode::kUnsupportedMediaType, why};
}

MediaIdentity ImageOf(MediaType type, std::uint32_t pictures) {
  return {type, std::clamp<std::uint32_t>(pictures, 1, kMostPictures)};
}

/// `IsoContents` decides what the brands leave open, and whether a video has pictures.
Result<MediaIdentity> IdentifyIso(const FileView& file, const MediaFront& front) {
  if (front.type && !IsVideo(*front.type) && !front.sequence) return MediaIdentity{*front.type, 1};
  const IsoContents contents = ReadIsoContents(file);
  if (front.type && !IsVideo(*front.type)) {  // a sequence; at least two without a count
    return ImageOf(*front.type, contents.sequence_pictures > 0 ? contents.sequence_pictures : 2);
  }
  // A file without brands must hold a movie, or more boxes than the parser reads.
  if (front.unmarked && !contents.has_movie && !contents.unread) {
    return Refused(
        "The content begins like a QuickTime file, but has no movie (moov) in it; if it is one, "
        "send all of it.");
  }
  const bool may_be_image = front.look_inside && !front.unmarked && !contents.has_video_track;
  if (may_be_image && contents.picture_type) {
    return ImageOf(*contents.picture_type, contents.sequence_pictures);
  }
  if (contents.lacks_video) return Refused(kLacksVideo);
  if (front.type) return MediaIdentity{*front.type, 1};
  if (front.unmarked) return MediaIdentity{MediaType::kMov, 1};
  if (contents.has_video_track) return MediaIdentity{MediaType::kMp4, 1};
  return Refused(
      "The file names no picture of HEVC or AV1 and no video track, neither by its brands nor by "
      "what it holds; send HEIC, AVIF, JPEG, PNG, WebP or a video.");
}

Result<MediaIdentity> IdentifyOther(const Spool& spool, const FileView& file, MediaType type) {
  switch (type) {
    case MediaType::kGif:
      return ImageOf(type, CountGifPictures(spool));
    case MediaType::kPng:
      return ImageOf(type, CountPngPictures(file));
    case MediaType::kWebp:
      return ImageOf(type, CountWebpPictures(file));
    case MediaType::kWebm:
      if (MatroskaLacksVideo(file)) return Refused(kLacksVideo);
      break;
    case MediaType::kAvi:
      if (AviLacksVideo(file)) return Refused(kLacksVideo);
      break;
    default:
      break;
  }
  return MediaIdentity{type, 1};
}

Result<std::string> FrontOf(const Spool& spool, std::size_t most) {
  std::string front(most, '\0');
  const auto count = spool.ReadAt(0, std::as_writable_bytes(std::span(front)));
  if (!count) return count.error();
  front.resize(*count);
  return front;
}

}  // namespace

Result<void> CheckMediaFront(const Spool& spool) {
  const auto text = FrontOf(spool, kSniffBytes);
  if (!text) return text.error();
  const MediaFront front = ReadMediaFront(*text);
  if (front.type || front.look_inside) return {};
  return Refused(kNotMedia);
}

Result<MediaIdentity> IdentifyMedia(const Spool& spool) {
  const auto text = FrontOf(spool, kIdentityFront);
  if (!text) return text.error();
  const MediaFront front = ReadMediaFront(*text);
  const bool is_iso = text->size() >= 8 && (text->compare(4, 4, "ftyp") == 0 || front.unmarked);
  if (!front.type && !(front.look_inside && is_iso)) return Refused(kNotMedia);
  ReadBudget budget;
  if (front.type == MediaType::kWebp) budget.reads = 64 * 1024;  // one for each picture
  const FileView file(spool, budget);
  if (is_iso) return IdentifyIso(file, front);
  return IdentifyOther(spool, file, *front.type);
}

}  // namespace vcache::content
