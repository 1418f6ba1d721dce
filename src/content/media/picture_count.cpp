// GIF89a specification, 18 to 26; Portable Network Graphics Specification, third edition, 11.3.6.1
// (`acTL`); RFC 9649, 2.7.1.1 (`ANIM`, `ANMF`).

#include "content/media/picture_count.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "content/container/chunks.h"
#include "content/octets.h"
#include "vcache/content/media/media_identity.h"

namespace vcache::content {
namespace {

class ByteRun {
 public:
  explicit ByteRun(const Spool& file) : source_(file.NewReader()) {}

  std::optional<unsigned> Next() {
    if (at_ == end_ && !Fill()) return std::nullopt;
    return std::to_integer<unsigned>(buffer_[at_++]);
  }
  bool Skip(std::size_t count) {
    while (count > 0) {
      if (at_ == end_ && !Fill()) return false;
      const std::size_t step = std::min(count, end_ - at_);
      at_ += step;
      count -= step;
    }
    return true;
  }

 private:
  bool Fill() {
    const Result<std::size_t> count = source_->Read(buffer_);
    at_ = 0;
    end_ = count ? *count : 0;
    return end_ > 0;
  }

  std::unique_ptr<ByteSource> source_;
  std::array<std::byte, 16 * 1024> buffer_{};
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

/// Blocks of 1 to 255 bytes, each after its length byte; a length of 0 ends them.
bool SkipSubBlocks(ByteRun& run) {
  for (;;) {
    const auto length = run.Next();
    if (!length) return false;
    if (*length == 0) return true;
    if (!run.Skip(*length)) return false;
  }
}

bool SkipColours(ByteRun& run, unsigned flags) {
  return (flags & 0x80U) == 0 || run.Skip(std::size_t{3} << ((flags & 7U) + 1));
}

/// An image descriptor after its first byte, and the image data.
bool SkipGifPicture(ByteRun& run) {
  if (!run.Skip(8)) return false;  // position and size
  const auto flags = run.Next();
  return flags && SkipColours(run, *flags) && run.Skip(1) && SkipSubBlocks(run);
}

}  // namespace

std::uint32_t CountGifPictures(const Spool& file) {
  constexpr unsigned kPicture = 0x2C;
  constexpr unsigned kExtension = 0x21;
  ByteRun run(file);
  std::uint32_t count = 0;
  if (!run.Skip(10)) return 1;  // signature and screen size
  const auto flags = run.Next();
  if (!flags || !run.Skip(2) || !SkipColours(run, *flags)) return 1;
  while (const auto introducer = run.Next()) {
    if (*introducer == kPicture) {
      if (++count == kMostPictures || !SkipGifPicture(run)) break;
    } else if (*introducer == kExtension) {
      if (!run.Skip(1) || !SkipSubBlocks(run)) break;
    } else {
      break;  // the trailer, or an unknown block
    }
  }
  return std::max<std::uint32_t>(count, 1);
}

std::uint32_t CountPngPictures(const FileView& file) {
  constexpr int kMostChunks = 1024;
  ChunkWalk walk(file.Part(kPngHeadBytes), kMostChunks, ChunkForm::kPng);
  while (const auto chunk = walk.Next()) {
    if (chunk->type == "IDAT") break;
    if (chunk->type != "acTL") continue;
    const auto count = static_cast<std::uint32_t>(chunk->payload.Number(0, 4).value_or(1));
    return std::max<std::uint32_t>(count, 1);
  }
  return 1;
}

std::uint32_t CountWebpPictures(const FileView& file) {
  constexpr unsigned kAnimation = 0x02;
  constexpr int kMostChunks = 60'000;
  const auto head = file.Read(kRiffHeadBytes, 9);
  if (!head || head->compare(0, 4, "VP8X") != 0 || (Octet(*head, 8) & kAnimation) == 0) return 1;
  ChunkWalk walk(file.Part(kRiffHeadBytes), kMostChunks);
  std::uint32_t count = 0;
  while (const auto chunk = walk.Next()) {
    if (chunk->type == "ANMF") ++count;
  }
  return std::max<std::uint32_t>(count, 1);
}

}  // namespace vcache::content
