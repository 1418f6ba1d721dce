#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "content/container/file_view.h"

namespace vcache::content {

/// A box of an ISO base media file (ISO/IEC 14496-12, 4.2), of QuickTime or of JUMBF (ISO/IEC
/// 19566-5). All three share the header format.
struct IsoBox {
  std::string type;  ///< Four bytes.
  FileView payload;  ///< Cut off where the file or the box around it ends.
  bool cut = false;  ///< The box claims more bytes than are there.
};

/// Iterates over at most `kMaxBoxes` boxes of one level. No length in the file can make it loop.
class IsoBoxWalk {
 public:
  static constexpr int kMaxBoxes = 64;

  explicit IsoBoxWalk(FileView level) : level_(std::move(level)) {}

  /// The next box; empty at the end of the level and at a malformed header.
  std::optional<IsoBox> Next();
  /// After `Next` returned nothing: whether the level ended.
  bool at_end() const noexcept { return at_ == level_.size(); }
  /// After `Next` returned nothing: whether the limit ended the walk; further boxes may follow.
  bool gave_up() const noexcept { return seen_ >= kMaxBoxes && !at_end(); }

 private:
  FileView level_;
  std::uint64_t at_ = 0;
  int seen_ = 0;
};

/// Descends along `path`, to the first box of each type; empty when one is missing.
std::optional<IsoBox> FindIsoBox(const FileView& level,
                                 std::initializer_list<std::string_view> path);

/// The times of a `mvhd` or `mdhd` box, which begin alike (ISO/IEC 14496-12, 8.2.2 and 8.4.2).
struct IsoTimes {
  std::uint64_t per_second = 0;        ///< Ticks.
  std::optional<std::uint64_t> ticks;  ///< The length, like `IsoTicks`.
};
/// Empty when the box is cut before the length, or unreadable.
std::optional<IsoTimes> ReadIsoTimes(const FileView& header);
/// A length of 4 bytes, or of 8 if `wide`. 0 for all ones, "unknown"; empty when cut off.
std::optional<std::uint64_t> IsoTicks(const std::string& box, std::size_t at, bool wide);

}  // namespace vcache::content
