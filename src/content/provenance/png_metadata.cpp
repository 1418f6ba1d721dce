// The chunks of a PNG (W3C, Portable Network Graphics Specification, third edition, 5.3 and 11.3).

#include <algorithm>
#include <string_view>

#include "content/container/chunks.h"
#include "content/provenance/metadata_packets.h"

namespace vcache::content {
namespace {

constexpr int kMaxPngChunks = 1024;
constexpr std::size_t kKeywordBytes = 80;  // at most 79, and a NUL

/// The offset of an international text after its keyword. Compression flag and method come first,
/// then the language and the translated keyword, each with a NUL. Compressed texts are skipped:
/// generators do not write them, and the service inflates no client data.
std::size_t InternationalTextAt(std::string_view front, std::size_t at) {
  if (front.size() < at + 2 || front[at] != '\0') return 0;
  at += 2;
  for (int i = 0; i < 2; ++i) {
    const std::size_t end = front.find('\0', at);
    if (end == std::string_view::npos) return 0;
    at = end + 1;
  }
  return at;
}

std::size_t TextBytes(const MetadataPackets& packets) {
  std::size_t bytes = 0;
  for (const auto& [keyword, text] : packets.texts) bytes += text.size();
  return bytes;
}

void TakeText(const FileView& chunk, bool international, MetadataPackets& packets) {
  constexpr std::size_t kFrontBytes = kKeywordBytes + 256;
  const auto front = chunk.ReadUpTo(0, kFrontBytes);
  if (!front) return;
  const std::size_t end = front->find('\0');
  if (end == std::string::npos || end == 0 || end >= kKeywordBytes) return;
  const std::string keyword = front->substr(0, end);
  const std::size_t at = international ? InternationalTextAt(*front, end + 1) : end + 1;
  if (at == 0) return;
  if (keyword == "XML:com.adobe.xmp") {
    if (packets.xmp.empty()) packets.xmp = chunk.Part(at);
    return;
  }
  const std::size_t room = kMaxAllTextBytes - TextBytes(packets);
  if (packets.texts.size() >= kMaxTexts || room == 0) return;
  if (auto text = chunk.ReadUpTo(at, std::min(kMaxTextBytes, room))) {
    packets.texts.emplace_back(keyword, std::move(*text));
  }
}

}  // namespace

MetadataPackets FindPngMetadata(const FileView& file) {
  MetadataPackets packets(file);
  ChunkWalk walk(file.Part(kPngHeadBytes), kMaxPngChunks, ChunkForm::kPng);
  while (const auto chunk = walk.Next()) {
    if (chunk->type == "tEXt" || chunk->type == "iTXt") {
      TakeText(chunk->payload, chunk->type == "iTXt", packets);
    } else if (chunk->type == "eXIf" && packets.exif.empty()) {
      packets.exif = chunk->payload;
    } else if (chunk->type == "caBX" && packets.jumbf.size() < kMaxJumbf) {  // C2PA 2.1, A.3.2
      packets.jumbf.push_back(chunk->payload);
    } else if (chunk->type == "IEND") {
      break;
    }
  }
  return packets;
}

}  // namespace vcache::content
