// Tracks: ISO/IEC 14496-12, boxes `hdlr` (8.4.3), `stsd` (8.5.2) and `stsz` (8.7.3). Image items:
// boxes `pitm` (8.11.4) and `iinf` (8.11.6); ISO/IEC 23008-12 defines their meaning.

#include "content/media/iso_contents.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "content/container/iso_boxes.h"

namespace vcache::content {
namespace {

/// Handlers of tracks without pictures: sound, texts, hints, timed metadata, time codes, and the
/// auxiliary MPEG-4 systems streams. An unlisted handler may show pictures.
constexpr std::array<std::string_view, 17> kBlindHandlers = {
    "soun", "text", "sbtl", "subt", "subp", "clcp", "hint", "meta", "mdir",
    "tmcd", "musi", "odsm", "sdsm", "ocsm", "crsm", "m7sm", "mjsm"};

std::optional<MediaType> TypeOfCodec(std::string_view codec) {
  if (codec == "hvc1" || codec == "hev1") return MediaType::kHeic;
  if (codec == "av01") return MediaType::kAvif;
  return std::nullopt;
}

struct ItemInfo {
  std::uint64_t id = 0;
  std::string type;
};

/// An `infe` box of version 2 or 3; older versions name a MIME type, and no image uses them.
std::optional<ItemInfo> ReadItemInfo(const FileView& box) {
  const auto version = box.Number(0, 1);
  if (version != 2 && version != 3) return std::nullopt;
  const std::size_t id_bytes = version == 2 ? 2 : 4;
  const auto id = box.Number(4, id_bytes);
  const auto type = box.Read(6 + id_bytes, 4);
  return id && type ? std::optional(ItemInfo{*id, *type}) : std::nullopt;
}

std::optional<std::uint64_t> PrimaryItem(const FileView& meta) {
  const auto box = FindIsoBox(meta, {"pitm"});
  const auto version = box ? box->payload.Number(0, 1) : std::nullopt;
  return version ? box->payload.Number(4, *version == 0 ? 2 : 4) : std::nullopt;
}

/// The codec of the primary item; if that is a grid or unsupported, of the first coded item.
std::optional<MediaType> TypeOfItems(const FileView& meta_box) {
  const FileView meta = meta_box.Part(4);  // after version and flags
  const auto infos = FindIsoBox(meta, {"iinf"});
  const auto version = infos ? infos->payload.Number(0, 1) : std::nullopt;
  if (!version) return std::nullopt;
  const auto primary = PrimaryItem(meta);
  std::optional<MediaType> first;
  bool has_other_primary = false;
  IsoBoxWalk walk(infos->payload.Part(*version == 0 ? 6 : 8));
  while (const auto box = walk.Next()) {
    const auto item = box->type == "infe" ? ReadItemInfo(box->payload) : std::nullopt;
    if (!item) continue;
    const auto type = TypeOfCodec(item->type);
    const bool is_primary = primary == item->id;
    if (is_primary && type) return type;
    const bool derived = item->type == "grid" || item->type == "iovl" || item->type == "iden";
    if (is_primary && !derived) has_other_primary = true;
    if (!first) first = type;
  }
  return has_other_primary ? std::nullopt : first;
}

class IsoReader {
 public:
  IsoContents Read(const FileView& file) {
    IsoBoxWalk walk(file);
    std::optional<MediaType> of_items;
    while (const auto box = walk.Next()) {
      if (box->type == "moov") ReadMovie(*box);
      if (box->type == "meta" && !of_items) of_items = TypeOfItems(box->payload);
    }
    contents_.unread = walk.gave_up();
    if (of_items) contents_.picture_type = of_items;
    contents_.lacks_video = all_known_ && tracks_ > 0 && blind_ == tracks_;
    return contents_;
  }

 private:
  void ReadMovie(const IsoBox& movie) {
    IsoBoxWalk walk(movie.payload);
    while (const auto box = walk.Next()) {
      if (box->type == "mvhd" || box->type == "trak") contents_.has_movie = true;
      if (box->type == "cmov" || box->type == "rmra") {  // compressed, or in other files
        contents_.has_movie = true;
        all_known_ = false;
      }
      if (box->type == "trak") ReadTrack(box->payload);
    }
    if (movie.cut || !walk.at_end()) all_known_ = false;
  }

  void ReadTrack(const FileView& track) {
    ++tracks_;
    const auto handler = FindIsoBox(track, {"mdia", "hdlr"});
    const auto type = handler ? handler->payload.Read(8, 4) : std::nullopt;
    if (!type) return;
    if (*type == "vide") contents_.has_video_track = true;
    if (*type == "pict" && contents_.sequence_pictures == 0) ReadPictures(track);
    const bool blind =
        std::find(kBlindHandlers.begin(), kBlindHandlers.end(), *type) != kBlindHandlers.end();
    if (blind) ++blind_;
  }

  void ReadPictures(const FileView& track) {
    const auto table = FindIsoBox(track, {"mdia", "minf", "stbl"});
    if (!table) return;
    const auto entries = FindIsoBox(table->payload, {"stsd"});
    const auto codec = entries ? entries->payload.Read(12, 4) : std::nullopt;
    if (codec && !contents_.picture_type) contents_.picture_type = TypeOfCodec(*codec);
    const auto sizes = FindIsoBox(table->payload, {"stsz"});
    const auto count = sizes ? sizes->payload.Number(8, 4) : std::nullopt;
    if (count) contents_.sequence_pictures = static_cast<std::uint32_t>(*count);
  }

  IsoContents contents_;
  int tracks_ = 0;
  int blind_ = 0;
  bool all_known_ = true;
};

}  // namespace

IsoContents ReadIsoContents(const FileView& file) {
  return IsoReader().Read(file);
}

}  // namespace vcache::content
