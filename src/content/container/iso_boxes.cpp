#include "content/container/iso_boxes.h"

#include <algorithm>

#include "content/octets.h"

namespace vcache::content {

std::optional<IsoBox> IsoBoxWalk::Next() {
  if (seen_ >= kMaxBoxes || at_ >= level_.size()) return std::nullopt;
  const auto head = level_.ReadUpTo(at_, 16);
  if (!head || head->size() < 8) return std::nullopt;
  ++seen_;
  const std::uint64_t room = level_.size() - at_;
  std::uint64_t size = BigEndian(*head, 0, 4);
  std::uint64_t head_size = 8;
  if (size == 1) {  // the size follows in 64 bits
    if (head->size() < 16) return std::nullopt;
    size = BigEndian(*head, 8, 8);
    head_size = 16;
  } else if (size == 0) {  // to the end
    size = room;
  }
  if (size < head_size) return std::nullopt;
  const std::uint64_t taken = std::min(size, room);
  IsoBox box{head->substr(4, 4), level_.Part(at_ + head_size, taken - head_size), size > room};
  at_ += taken;
  return box;
}

std::optional<IsoBox> FindIsoBox(const FileView& level, std::string_view type) {
  IsoBoxWalk walk(level);
  while (auto box = walk.Next()) {
    if (box->type == type) return box;
  }
  return std::nullopt;
}

}  // namespace vcache::content
