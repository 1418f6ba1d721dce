// MP4 and QuickTime: ISO/IEC 14496-12, `mvhd` (8.2.2), `tkhd` (8.3.2), `mehd` (8.8.2), `sidx`
// (8.16.3).

#include <algorithm>

#include "content/container/iso_boxes.h"
#include "content/octets.h"
#include "content/video/video_containers.h"

namespace vcache::content {
namespace {

/// An index header can name 65,535 pieces; 4,096 of them cover hours.
constexpr std::uint64_t kMaxIndexedPieces = 4096;

/// The length that a fragmented movie announces, in the movie's ticks.
std::uint64_t ReadFragmentsLength(const FileView& extends) {
  const auto box = FindIsoBox(extends, {"mehd"});
  const auto bytes = box ? box->payload.ReadUpTo(0, 12) : std::nullopt;
  if (!bytes || bytes->empty()) return 0;
  return IsoTicks(*bytes, 4, Octet(*bytes, 0) == 1).value_or(0);
}

/// One segment index: its stream, its scale and the sum of its pieces.
struct SegmentIndex {
  std::uint64_t stream = 0;
  std::uint64_t per_second = 0;
  std::uint64_t ticks = 0;
  bool of_indexes = false;  ///< It lists other indexes and covers all of them.
};

std::optional<SegmentIndex> ReadSegmentIndex(const FileView& box) {
  const auto head = box.ReadUpTo(0, 32);
  if (!head || head->empty()) return std::nullopt;
  const std::size_t pieces_at = Octet(*head, 0) == 0 ? 24 : 32;
  if (head->size() < pieces_at) return std::nullopt;
  SegmentIndex index{BigEndian(*head, 4, 4), BigEndian(*head, 8, 4), 0, false};
  const std::uint64_t count = BigEndian(*head, pieces_at - 2, 2);
  if (count > kMaxIndexedPieces) return std::nullopt;
  const auto pieces = box.Read(pieces_at, static_cast<std::size_t>(count * 12));
  if (!pieces) return std::nullopt;
  for (std::size_t at = 0; at < pieces->size(); at += 12) {
    index.of_indexes = index.of_indexes || (Octet(*pieces, at) & 0x80U) != 0;
    index.ticks += BigEndian(*pieces, at + 4, 4);
  }
  return index;
}

class IndexedLength {
 public:
  void Add(const FileView& box) {
    const auto index = ReadSegmentIndex(box);
    if (!index || (sum_ && (sum_->of_indexes || sum_->stream != index->stream ||
                            sum_->per_second != index->per_second))) {
      return;
    }
    if (sum_) {
      sum_->ticks += index->ticks;
    } else {
      sum_ = index;
    }
  }
  std::optional<std::chrono::milliseconds> Length() const {
    return sum_ ? VideoLength(sum_->ticks, sum_->per_second) : std::nullopt;
  }

 private:
  std::optional<SegmentIndex> sum_;
};

bool IsVideoTrack(const FileView& track) {
  const auto handler = FindIsoBox(track, {"mdia", "hdlr"});
  return handler && handler->payload.Read(8, 4) == "vide";
}

/// Width and height of the first picture track, in numbers with 16 fraction bits.
void ReadPictureSize(const FileView& movie, VideoInfo& info) {
  IsoBoxWalk walk(movie);
  while (const auto track = walk.Next()) {
    if (track->type != "trak" || !IsVideoTrack(track->payload)) continue;
    const auto header = FindIsoBox(track->payload, {"tkhd"});
    const auto version = header ? header->payload.Number(0, 1) : std::nullopt;
    if (!version) continue;
    const auto size = header->payload.Read(*version == 1 ? 88 : 76, 8);
    if (!size) continue;
    SetPictureSize(info, BigEndian(*size, 0, 2), BigEndian(*size, 4, 2));
    return;
  }
}

}  // namespace

VideoInfo ReadIsoVideo(const FileView& file) {
  VideoInfo info;
  bool has_movie = false;
  IndexedLength indexed;
  IsoBoxWalk walk(file);
  while (const auto box = walk.Next()) {
    if (box->type == "sidx") indexed.Add(box->payload);
    if (box->type != "moov" || has_movie) continue;
    has_movie = true;
    const auto header = FindIsoBox(box->payload, {"mvhd"});
    const IsoTimes times = header ? ReadIsoTimes(header->payload).value_or(IsoTimes()) : IsoTimes();
    // The header of a fragmented movie covers only its own samples: none, or the first fragment.
    const auto extends = FindIsoBox(box->payload, {"mvex"});
    const auto ticks = extends ? ReadFragmentsLength(extends->payload) : times.ticks.value_or(0);
    info.length = VideoLength(ticks, times.per_second);
    ReadPictureSize(box->payload, info);
    if (info.length || !extends) return info;
  }
  // Only a sum over the whole file is its length.
  if (has_movie && walk.at_end()) info.length = indexed.Length();
  return info;
}

}  // namespace vcache::content
