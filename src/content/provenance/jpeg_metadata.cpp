// The marker segments of a JPEG (ITU-T T.81, B.1.1) up to the first scan.

#include <string_view>

#include "content/octets.h"
#include "content/provenance/metadata_packets.h"

namespace vcache::content {
namespace {

using namespace std::string_view_literals;

constexpr int kMaxSegments = 512;
constexpr int kMaxResources = 64;
constexpr std::string_view kExifMark = "Exif\0\0"sv;
constexpr std::string_view kXmpMark = "http://ns.adobe.com/xap/1.0/\0"sv;
constexpr std::string_view kPhotoshopMark = "Photoshop 3.0\0"sv;
constexpr std::size_t kMarkBytes = 32;  // enough for each mark

/// JUMBF in APP11 comes in pieces (ISO/IEC 19566-5, annex D). Each has `JP`, the number of the run,
/// the piece's place in it from 1 on, and the repeated header of the run's box.
class JumbfRuns {
 public:
  void Take(const FileView& segment, std::string_view front) {
    constexpr std::size_t kHeadBytes = 8;
    if (front.size() < kHeadBytes + 8 || !front.starts_with("JP")) return;
    const std::uint64_t number = BigEndian(front, 2, 2);
    const std::uint64_t place = BigEndian(front, 4, 4);
    Run* run = Find(number);
    if (run == nullptr && place == 1 && runs_.size() < kMaxJumbf) {
      runs_.push_back({number, 1, segment.Part(kHeadBytes)});
      return;
    }
    // Pieces out of order would form another manifest.
    if (run == nullptr || place != run->last + 1) return;
    const std::size_t box_head = BigEndian(front, kHeadBytes, 4) == 1 ? 16 : 8;
    if (run->bytes.Append(segment.Part(kHeadBytes + box_head))) run->last = place;
  }

  void MoveTo(std::vector<FileView>& views) {
    for (Run& run : runs_) views.push_back(std::move(run.bytes));
  }

 private:
  struct Run {
    std::uint64_t number;
    std::uint64_t last;
    FileView bytes;
  };

  Run* Find(std::uint64_t number) {
    for (Run& run : runs_) {
      if (run.number == number) return &run;
    }
    return nullptr;
  }

  std::vector<Run> runs_;
};

/// The IPTC records in Photoshop's image resources (Adobe Photoshop File Formats): `8BIM`, a 2-byte
/// number, a name with its length byte, padded to even, the size, the data.
FileView IptcAmong(const FileView& resources) {
  constexpr std::uint64_t kIptc = 0x0404;
  std::uint64_t at = 0;
  for (int i = 0; i < kMaxResources; ++i) {
    const auto head = resources.Read(at, 7);
    if (!head || !head->starts_with("8BIM")) break;
    const std::uint64_t name = (std::uint64_t{Octet(*head, 6)} + 2) / 2 * 2;  // with length byte
    const auto length = resources.Number(at + 6 + name, 4);
    if (!length) break;
    at += 6 + name + 4;
    if (BigEndian(*head, 4, 2) == kIptc) return resources.Part(at, *length);
    at += (*length + 1) / 2 * 2;
  }
  return resources.Empty();
}

void TakeSegment(unsigned marker, const FileView& segment, MetadataPackets& packets,
                 JumbfRuns& runs) {
  constexpr unsigned kApp1 = 0xE1;
  constexpr unsigned kApp11 = 0xEB;
  constexpr unsigned kApp13 = 0xED;
  if (marker != kApp1 && marker != kApp11 && marker != kApp13) return;
  const auto front = segment.ReadUpTo(0, kMarkBytes);
  if (!front) return;
  if (marker == kApp1 && front->starts_with(kExifMark) && packets.exif.empty()) {
    packets.exif = segment.Part(kExifMark.size());
  } else if (marker == kApp1 && front->starts_with(kXmpMark) && packets.xmp.empty()) {
    packets.xmp = segment.Part(kXmpMark.size());
  } else if (marker == kApp13 && front->starts_with(kPhotoshopMark) && packets.iptc.empty()) {
    packets.iptc = IptcAmong(segment.Part(kPhotoshopMark.size()));
  } else if (marker == kApp11) {
    runs.Take(segment, *front);
  }
}

}  // namespace

MetadataPackets FindJpegMetadata(const FileView& file) {
  constexpr unsigned kScan = 0xDA;
  MetadataPackets packets(file);
  JumbfRuns runs;
  std::uint64_t at = 2;  // after the start-of-image marker
  for (int i = 0; i < kMaxSegments; ++i) {
    const auto head = file.Read(at, 4);
    if (!head || Octet(*head, 0) != 0xFF) break;
    const unsigned marker = Octet(*head, 1);
    if (marker == 0xFF) {  // a fill byte
      ++at;
      continue;
    }
    const std::uint64_t length = BigEndian(*head, 2, 2);  // includes these two bytes
    if (marker == kScan || length < 2) break;
    TakeSegment(marker, file.Part(at + 4, length - 2), packets, runs);
    at += 2 + length;
  }
  runs.MoveTo(packets.jumbf);
  return packets;
}

}  // namespace vcache::content
