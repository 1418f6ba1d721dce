// AVI: Microsoft's "AVI RIFF File Reference", the main header `avih`; OpenDML AVI 1.02, `dmlh`.

#include "content/container/chunks.h"
#include "content/video/video_containers.h"

namespace vcache::content {
namespace {

constexpr int kMaxChunks = 64;  // on one level

std::optional<std::string> ChunkStart(const FileView& level, std::string_view type,
                                      std::size_t length) {
  ChunkWalk walk(level, kMaxChunks);
  while (const auto chunk = walk.Next()) {
    if (chunk->type == type) return chunk->payload.Read(0, length);
  }
  return std::nullopt;
}

/// The headers, if they are complete: another chunk follows them.
std::optional<FileView> WholeHeaders(const FileView& file) {
  ChunkWalk walk(file.Part(kRiffHeadBytes), kMaxChunks);
  std::optional<FileView> headers;
  while (const auto chunk = walk.Next()) {
    if (headers) return headers;
    if (chunk->type == "LIST" && chunk->payload.Read(0, 4) == "hdrl") {
      headers = chunk->payload.Part(4);
    }
  }
  return std::nullopt;
}

}  // namespace

bool AviLacksVideo(const FileView& file) {
  const auto headers = WholeHeaders(file);
  if (!headers) return false;
  ChunkWalk walk(*headers, kMaxChunks);
  int streams = 0;
  while (const auto chunk = walk.Next()) {
    if (chunk->type != "LIST" || chunk->payload.Read(0, 4) != "strl") continue;
    const auto kind = ChunkStart(chunk->payload.Part(4), "strh", 4);
    // `iavs` interleaves sound and pictures; camcorders write it.
    if (kind != "auds" && kind != "mids" && kind != "txts") return false;
    ++streams;
  }
  return streams > 0 && walk.at_end();
}

VideoInfo ReadAviVideo(const FileView& file) {
  VideoInfo info;
  const auto headers = FindRiffList(file.Part(kRiffHeadBytes), "hdrl", kMaxChunks);
  if (!headers) return info;
  const auto main = ChunkStart(*headers, "avih", 40);
  if (!main) return info;
  const std::uint64_t microseconds_per_frame = LittleEndian(*main, 0, 4);
  std::uint64_t frames = LittleEndian(*main, 16, 4);
  // Files above a gigabyte have parts, and the main header counts only the first part's frames.
  if (const auto extended = FindRiffList(*headers, "odml", kMaxChunks)) {
    if (const auto total = ChunkStart(*extended, "dmlh", 4)) {
      frames = std::max(frames, LittleEndian(*total, 0, 4));
    }
  }
  info.length = VideoLength(microseconds_per_frame * frames, 1'000'000);  // 32 bits times 32 bits
  SetPictureSize(info, LittleEndian(*main, 32, 4), LittleEndian(*main, 36, 4));
  return info;
}

}  // namespace vcache::content
