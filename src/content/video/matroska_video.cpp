// WebM: a Matroska file (RFC 9559) of EBML elements (RFC 8794).

#include <bit>
#include <cmath>

#include "content/container/ebml_number.h"
#include "content/video/video_containers.h"

namespace vcache::content {
namespace {

constexpr int kMaxElements = 64;  // on one level
constexpr std::uint64_t kSegment = 0x18538067;
constexpr std::uint64_t kInfo = 0x1549A966;
constexpr std::uint64_t kTimestampScale = 0x2AD7B1;
constexpr std::uint64_t kDuration = 0x4489;
constexpr std::uint64_t kTracks = 0x1654AE6B;
constexpr std::uint64_t kTrackEntry = 0xAE;
constexpr std::uint64_t kTrackType = 0x83;
constexpr std::uint64_t kVideo = 0xE0;
constexpr std::uint64_t kPixelWidth = 0xB0;
constexpr std::uint64_t kPixelHeight = 0xBA;

struct Element {
  std::uint64_t id = 0;
  FileView data;
  bool cut = false;   ///< It claims more than is there; half a number is another number.
  bool open = false;  ///< Its size was unknown when its header was written.
};

/// Iterates over the elements of one level. An element of unknown size extends to the end of it.
class ElementWalk {
 public:
  explicit ElementWalk(FileView level) : level_(std::move(level)) {}

  std::optional<Element> Next() {
    if (++seen_ > kMaxElements || at_ >= level_.size()) return std::nullopt;
    const auto head = level_.ReadUpTo(at_, 12);  // an id of 4 bytes, a size of 8
    if (!head) return std::nullopt;
    const EbmlNumber id = ReadEbmlNumber(*head, 0, true);
    if (id.length == 0 || id.length > 4) return std::nullopt;
    const EbmlNumber size = ReadEbmlNumber(*head, id.length, false);
    if (size.length == 0) return std::nullopt;
    at_ += id.length + size.length;
    if (at_ > level_.size()) return std::nullopt;
    const std::uint64_t claimed = size.unknown ? UINT64_MAX : size.value;
    Element element{id.value, level_.Part(at_, claimed), claimed > level_.size() - at_,
                    size.unknown};
    at_ += element.data.size();
    return element;
  }
  /// After `Next` returned nothing: whether the level ended.
  bool at_end() const noexcept { return at_ == level_.size(); }

 private:
  FileView level_;
  std::uint64_t at_ = 0;
  int seen_ = 0;
};

std::optional<Element> FindElement(const FileView& level, std::uint64_t id) {
  ElementWalk walk(level);
  while (auto element = walk.Next()) {
    if (element->id == id) return element;
  }
  return std::nullopt;
}

std::uint64_t UnsignedIn(const FileView& level, std::uint64_t id) {
  const auto element = FindElement(level, id);
  if (!element || element->cut || element->data.size() > 8) return 0;
  return element->data.Number(0, static_cast<std::size_t>(element->data.size())).value_or(0);
}

/// An IEEE 754 number of 4 or 8 bytes; empty when it has another size or is not finite.
std::optional<double> FloatOf(const Element& element) {
  const FileView& data = element.data;
  if (element.cut || (data.size() != 4 && data.size() != 8)) return std::nullopt;
  const auto bits = data.Number(0, static_cast<std::size_t>(data.size()));
  if (!bits) return std::nullopt;
  const double value = data.size() == 8
                           ? std::bit_cast<double>(*bits)
                           : double{std::bit_cast<float>(static_cast<std::uint32_t>(*bits))};
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<std::chrono::milliseconds> LengthOf(const FileView& info) {
  constexpr double kMostMs = 1000.0 * 3600 * 1000;  // kLongestVideo
  constexpr std::uint64_t kDefaultScale = 1'000'000;
  const auto duration = FindElement(info, kDuration);
  const auto ticks = duration ? FloatOf(*duration) : std::nullopt;
  if (!ticks) return std::nullopt;
  const std::uint64_t given = UnsignedIn(info, kTimestampScale);
  const auto scale = static_cast<double>(given == 0 ? kDefaultScale : given);
  const double ms = *ticks * scale / 1e6;
  if (!(ms >= 1 && ms <= kMostMs)) return std::nullopt;  // also false for NaN
  return std::chrono::milliseconds(static_cast<std::int64_t>(ms));
}

void ReadTracks(const FileView& tracks, VideoInfo& info) {
  ElementWalk walk(tracks);
  while (const auto track = walk.Next()) {
    if (track->id != kTrackEntry) continue;
    const auto video = FindElement(track->data, kVideo);
    if (!video) continue;
    SetPictureSize(info, UnsignedIn(video->data, kPixelWidth),
                   UnsignedIn(video->data, kPixelHeight));
    return;
  }
}

/// Sound, subtitles, buttons, control or metadata (RFC 9559, 5.1.4.1.3), and no picture settings.
bool ShowsNothing(const FileView& track) {
  const std::uint64_t type = UnsignedIn(track, kTrackType);
  const bool blind = type == 2 || type == 0x11 || type == 0x12 || type == 0x20 || type == 0x21;
  return blind && !FindElement(track, kVideo);
}

}  // namespace

bool MatroskaLacksVideo(const FileView& file) {
  const auto segment = FindElement(file, kSegment);
  const auto tracks = segment ? FindElement(segment->data, kTracks) : std::nullopt;
  if (!tracks || tracks->cut || tracks->open) return false;
  ElementWalk walk(tracks->data);
  int blind = 0;
  while (const auto track = walk.Next()) {
    if (track->id != kTrackEntry) continue;
    if (!ShowsNothing(track->data)) return false;
    ++blind;
  }
  return blind > 0 && walk.at_end();
}

VideoInfo ReadMatroskaVideo(const FileView& file) {
  VideoInfo info;
  const auto segment = FindElement(file, kSegment);
  if (!segment) return info;
  ElementWalk walk(segment->data);
  bool has_info = false;
  bool has_tracks = false;
  while (!has_info || !has_tracks) {
    const auto element = walk.Next();
    if (!element) break;
    if (element->id == kInfo && !has_info) {
      has_info = true;
      info.length = LengthOf(element->data);
    } else if (element->id == kTracks && !has_tracks) {
      has_tracks = true;
      ReadTracks(element->data, info);
    }
  }
  return info;
}

}  // namespace vcache::content
