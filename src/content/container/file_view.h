#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vcache/content/spool.h"

namespace vcache::content {

/// Limits the cost of parsing one file, whatever its length fields claim. All views of the file
/// share it. When it is used up, every further read fails and the parser stops.
struct ReadBudget {
  std::uint64_t bytes = 1024 * 1024;
  std::size_t reads = 4096;
};

/// A logical run of at most `kMaxExtents` pieces of a file. Reads only the bytes that a parser
/// requests. Spool and budget must outlive it. Not thread-safe.
class FileView {
 public:
  static constexpr std::size_t kMaxExtents = 256;

  FileView(const Spool& file, ReadBudget& budget);
  /// A view without bytes of the same file.
  FileView Empty() const { return {file_, budget_}; }

  std::uint64_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// `length` bytes from `at` on; fewer where this view ends.
  FileView Part(std::uint64_t at, std::uint64_t length = UINT64_MAX) const;
  /// Appends another view of the same file; false when there are too many pieces.
  bool Append(const FileView& more);

  /// Exactly `length` bytes; empty beyond the end, out of budget, or on a read error.
  std::optional<std::string> Read(std::uint64_t at, std::size_t length) const;
  /// All bytes; empty when there are more than `most`, and like `Read`.
  std::string All(std::uint64_t most) const;
  /// `count` bytes (8 at most) as a big-endian number; empty like `Read`.
  std::optional<std::uint64_t> Number(std::uint64_t at, std::size_t count) const;
  /// At most `length` bytes; empty when out of budget or on a read error.
  std::optional<std::string> ReadUpTo(std::uint64_t at, std::size_t length) const;

 private:
  struct Extent {
    std::uint64_t offset;
    std::uint64_t length;
  };

  FileView(const Spool* file, ReadBudget* budget) : file_(file), budget_(budget) {}

  const Spool* file_;
  ReadBudget* budget_;
  std::vector<Extent> extents_;
  std::uint64_t size_ = 0;
};

}  // namespace vcache::content
