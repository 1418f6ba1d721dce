#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "content/container/file_view.h"

namespace vcache::content {

/// A box of an ISO base media file (ISO/IEC 14496-12, 4.2), of QuickTime or of JUMBF
/// (ISO/IEC 19566-5), which share the form of its head.
struct IsoBox {
  std::string type;  ///< Four bytes.
  FileView payload;  ///< Cut off where the file or the box around it ends.
  bool cut = false;  ///< It is: the box claims more than is there.
};

/// Walks over the boxes that lie side by side in a view, `kMaxBoxes` at most: no length in the file
/// makes it stand still or run on.
class IsoBoxWalk {
 public:
  static constexpr int kMaxBoxes = 64;

  explicit IsoBoxWalk(FileView level) : level_(std::move(level)) {}

  /// The next box; nothing at the end of the level, and at a head that is none.
  std::optional<IsoBox> Next();
  /// After `Next` gave nothing: whether that was the end of the level and not of our patience.
  bool at_end() const noexcept { return at_ == level_.size(); }
  /// Likewise, whether it was our patience: further boxes may follow.
  bool gave_up() const noexcept { return seen_ >= kMaxBoxes && !at_end(); }

 private:
  FileView level_;
  std::uint64_t at_ = 0;
  int seen_ = 0;
};

/// The first box of that type among those side by side in `level`.
std::optional<IsoBox> FindIsoBox(const FileView& level, std::string_view type);

}  // namespace vcache::content
