#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vcache/content/spool.h"

namespace vcache::content {

/// What looking into one file may cost, whatever its own length fields say: shared by all views of
/// it. When it is used up every further read fails, and the parser ends with what it has.
struct ReadBudget {
  std::uint64_t bytes = 1024 * 1024;
  std::size_t reads = 4096;
};

/// Bytes of a file that belong together, at most `kMaxExtents` pieces of it, addressed as one run.
/// Reads what is asked for and nothing else. Spool and budget must outlive it; not thread-safe.
class FileView {
 public:
  static constexpr std::size_t kMaxExtents = 256;

  /// The whole file.
  FileView(const Spool& file, ReadBudget& budget);
  /// No bytes yet, of the same file.
  FileView Empty() const { return {file_, budget_}; }

  std::uint64_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// `length` bytes from `at` on, fewer where this view ends.
  FileView Part(std::uint64_t at, std::uint64_t length = UINT64_MAX) const;
  /// Continues this view with another one of the same file; false when there are too many pieces.
  bool Append(const FileView& more);

  /// Exactly `length` bytes, or nothing: beyond the end, out of budget, or unreadable.
  std::optional<std::string> Read(std::uint64_t at, std::size_t length) const;
  /// What is there, `length` bytes at most; nothing when out of budget or unreadable.
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
