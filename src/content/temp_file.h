#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "vcache/core/bytes.h"
#include "vcache/core/result.h"
#include "vcache/core/unique_fd.h"

namespace vcache::content {

/// A file without a name: the kernel deletes it when the process ends, also after a crash. One
/// thread writes it; afterwards any number read it. The destructor closes it.
class TempFile {
 public:
  /// Opens a file without a name, as open(2) with `O_TMPFILE`: a descriptor, or -1 and errno.
  using OpenUnnamed = std::function<int(const char* directory)>;

  /// Creates the file by `O_TMPFILE`, or unlinks a randomly named file where the file system lacks
  /// it (rule P2). Error: kIo when neither works. Tests pass `open_unnamed`.
  static Result<TempFile> Create(const std::filesystem::path& directory,
                                 const OpenUnnamed& open_unnamed = OpenTmpFile);
  /// Takes ownership of an open descriptor; `directory` is for messages.
  TempFile(UniqueFd file, std::filesystem::path directory) noexcept;

  Result<void> Append(ByteView bytes);
  /// Reads at `offset`: at least one byte, 0 only at the end. Thread-safe.
  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const;
  /// The free space that the system reports now; UINT64_MAX where the file system has no size.
  Result<std::uint64_t> FreeBytes() const;

 private:
  static int OpenTmpFile(const char* directory);

  UniqueFd file_;
  std::filesystem::path directory_;
};

}  // namespace vcache::content
