#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "content/container/file_view.h"
#include "content/octets.h"

namespace vcache::content {

/// The chunks of a RIFF file follow `RIFF`, a size and the form's name; a PNG's its signature.
inline constexpr std::uint64_t kRiffHeadBytes = 12;
inline constexpr std::uint64_t kPngHeadBytes = 8;

enum class ChunkForm {
  kRiff,  ///< Type, little-endian size, content to an even place (WebP, AVI).
  kPng    ///< Big-endian size, type, content, checksum.
};

struct Chunk {
  std::string type;  ///< Four bytes.
  FileView payload;  ///< Cut off where the level ends.
};

/// Iterates over at most `most` chunks of one level.
class ChunkWalk {
 public:
  ChunkWalk(FileView level, int most, ChunkForm form = ChunkForm::kRiff)
      : level_(std::move(level)), left_(most), form_(form) {}

  std::optional<Chunk> Next() {
    if (left_ <= 0 || at_ >= level_.size()) return std::nullopt;
    --left_;
    const auto head = level_.Read(at_, 8);
    if (!head) return std::nullopt;
    const bool is_riff = form_ == ChunkForm::kRiff;
    const std::uint64_t size = is_riff ? LittleEndian(*head, 4, 4) : BigEndian(*head, 0, 4);
    Chunk chunk{head->substr(is_riff ? 0 : 4, 4), level_.Part(at_ + 8, size)};
    at_ = std::min(at_ + 8 + size + (is_riff ? size % 2 : 4), level_.size());
    return chunk;
  }
  /// After `Next` returned nothing: whether the level ended.
  bool at_end() const noexcept { return at_ == level_.size(); }

 private:
  FileView level_;
  std::uint64_t at_ = 0;
  int left_;
  ChunkForm form_;
};

/// The chunks inside the first list (`LIST`) with that name.
inline std::optional<FileView> FindRiffList(const FileView& level, std::string_view name,
                                            int most) {
  ChunkWalk walk(level, most);
  while (const auto chunk = walk.Next()) {
    if (chunk->type == "LIST" && chunk->payload.Read(0, 4) == name) return chunk->payload.Part(4);
  }
  return std::nullopt;
}

}  // namespace vcache::content
