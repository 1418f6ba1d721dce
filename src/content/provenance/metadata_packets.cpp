#include "content/provenance/metadata_packets.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "content/container/chunks.h"
#include "content/container/iso_boxes.h"

namespace vcache::content {
namespace {

using namespace std::string_view_literals;

constexpr int kMaxWebpChunks = 1024;  // an animation has one for each picture

// UUIDs of `uuid` boxes: C2PA 2.1, A.5.3, and Adobe's XMP specification, part 3.
constexpr std::string_view kC2paUuid =
    "\xD8\xFE\xC3\xD6\x1B\x0E\x48\x3C\x92\x97\x58\x28\x87\x7E\xC4\x81"sv;
constexpr std::string_view kXmpUuid =
    "\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC"sv;

/// The manifest in C2PA's `uuid` box. After version and flags comes the purpose, a text with a NUL.
/// If it is `manifest`, 8 bytes of offset follow.
void TakeC2paBox(const FileView& box, MetadataPackets& packets) {
  constexpr std::size_t kVersionBytes = 4;
  constexpr std::string_view kPurpose = "manifest\0"sv;
  const auto head = box.Read(kVersionBytes, kPurpose.size());
  if (head != kPurpose || packets.jumbf.size() >= kMaxJumbf) return;
  packets.jumbf.push_back(box.Part(kVersionBytes + kPurpose.size() + 8));
}

}  // namespace

MetadataPackets FindRiffMetadata(const FileView& file) {
  MetadataPackets packets(file);
  ChunkWalk walk(file.Part(kRiffHeadBytes), kMaxWebpChunks);
  while (const auto chunk = walk.Next()) {
    if (chunk->type == "EXIF" && packets.exif.empty()) {
      // Some writers copy the mark of a JPEG's packet.
      const bool marked = chunk->payload.Read(0, 6) == "Exif\0\0"sv;
      packets.exif = chunk->payload.Part(marked ? 6 : 0);
    } else if (chunk->type == "XMP " && packets.xmp.empty()) {
      packets.xmp = chunk->payload;
    } else if (chunk->type == "C2PA" && packets.jumbf.size() < kMaxJumbf) {
      packets.jumbf.push_back(chunk->payload);
    }
  }
  return packets;
}

MetadataPackets FindIsoMetadata(const FileView& file) {
  MetadataPackets packets(file);
  IsoBoxWalk walk(file);
  while (const auto box = walk.Next()) {
    if (box->type != "uuid") continue;
    const auto uuid = box->payload.Read(0, kC2paUuid.size());
    if (uuid == kC2paUuid) TakeC2paBox(box->payload.Part(kC2paUuid.size()), packets);
    if (uuid == kXmpUuid && packets.xmp.empty()) packets.xmp = box->payload.Part(kXmpUuid.size());
  }
  return packets;
}

MetadataPackets FindMetadata(const FileView& file, MediaType type) {
  using enum MediaType;
  if (type == kJpeg) return FindJpegMetadata(file);
  if (type == kPng) return FindPngMetadata(file);
  if (type == kWebp || type == kAvi) return FindRiffMetadata(file);
  constexpr MediaType kIsoTypes[] = {kAvif, kHeic, kMp4, kMov, k3gp, k3g2};
  const bool is_iso =
      std::find(std::begin(kIsoTypes), std::end(kIsoTypes), type) != std::end(kIsoTypes);
  if (is_iso) return FindIsoMetadata(file);
  return MetadataPackets(file);
}

}  // namespace vcache::content
