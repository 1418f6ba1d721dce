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

std::optional<IsoBox> FindIsoBox(const FileView& level,
                                 std::initializer_list<std::string_view> path) {
  FileView here = level;
  std::optional<IsoBox> found;
  for (const std::string_view type : path) {
    IsoBoxWalk walk(here);
    do {
      found = walk.Next();
    } while (found && found->type != type);
    if (!found) break;
    here = found->payload;
  }
  return found;
}

std::optional<IsoTimes> ReadIsoTimes(const FileView& header) {
  const auto bytes = header.ReadUpTo(0, 32);
  if (!bytes || bytes->empty()) return std::nullopt;
  const bool wide = Octet(*bytes, 0) == 1;
  const std::size_t scale_at = wide ? 20 : 12;
  if (bytes->size() < scale_at + 4) return std::nullopt;
  return IsoTimes{BigEndian(*bytes, scale_at, 4), IsoTicks(*bytes, scale_at + 4, wide)};
}

std::optional<std::uint64_t> IsoTicks(const std::string& box, std::size_t at, bool wide) {
  const std::size_t bytes = wide ? 8 : 4;
  if (box.size() < at + bytes) return std::nullopt;
  const std::uint64_t ticks = BigEndian(box, at, bytes);
  return ticks == (wide ? UINT64_MAX : UINT32_MAX) ? 0 : ticks;
}

}  // namespace vcache::content
