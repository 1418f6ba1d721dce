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

/// The chunks of a RIFF file follow `RIFF`, a size and the form's name.
inline constexpr std::uint64_t kRiffHeadBytes = 12;

struct RiffChunk {
  std::string type;  ///< Four bytes.
  FileView payload;  ///< Cut off where the level ends.
};

/// Iterates over at most `most` chunks of one level (WebP, AVI).
class RiffWalk {
 public:
  RiffWalk(FileView level, int most) : level_(std::move(level)), left_(most) {}

  std::optional<RiffChunk> Next() {
    if (left_ <= 0 || at_ >= level_.size()) return std::nullopt;
    --left_;
    const auto head = level_.Read(at_, 8);
    if (!head) return std::nullopt;
    const std::uint64_t size = LittleEndian(*head, 4, 4);
    RiffChunk chunk{head->substr(0, 4), level_.Part(at_ + 8, size)};
    at_ = std::min(at_ + 8 + size + size % 2, level_.size());  // chunks begin at even places
    return chunk;
  }
  /// After `Next` returned nothing: whether the level ended.
  bool at_end() const noexcept { return at_ == level_.size(); }

 private:
  FileView level_;
  std::uint64_t at_ = 0;
  int left_;
};

/// The chunks inside the first list (`LIST`) with that name.
inline std::optional<FileView> FindRiffList(const FileView& level, std::string_view name,
                                            int most) {
  RiffWalk walk(level, most);
  while (const auto chunk = walk.Next()) {
    if (chunk->type == "LIST" && chunk->payload.Read(0, 4) == name) return chunk->payload.Part(4);
  }
  return std::nullopt;
}

}  // namespace vcache::content
