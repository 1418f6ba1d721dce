#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "vcache/core/bytes.h"
#include "vcache/core/result.h"
#include "vcache/core/unique_fd.h"

namespace vcache::content {

/// A file of this process without a name: nothing is left of it when the process ends, however it
/// ends. Written by one thread, then read by any number. Closed with its owner.
class TempFile {
 public:
  /// Opens a file without a name, as open(2) with `O_TMPFILE` does: a descriptor, or -1 and errno.
  using OpenUnnamed = std::function<int(const char* directory)>;

  /// In `directory`, by `O_TMPFILE`; where the file system lacks it, created under a random name
  /// that is removed at once (rule P2). kIo when neither works. `open_unnamed` is for tests.
  static Result<TempFile> Create(const std::filesystem::path& directory,
                                 const OpenUnnamed& open_unnamed = OpenTmpFile);
  /// Takes over an open descriptor; `directory` is for messages.
  TempFile(UniqueFd file, std::filesystem::path directory) noexcept;

  /// Writes all of `bytes` behind what was written before, or fails with kIo.
  Result<void> Append(ByteView bytes);
  /// Reads at `offset`: at least one byte, 0 at the end only. Safe from any thread.
  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const;
  /// What may still be written to this file system, as the system tells it now; UINT64_MAX where it
  /// has no size.
  Result<std::uint64_t> FreeBytes() const;

 private:
  static int OpenTmpFile(const char* directory);
  Error Failure(std::string_view what, int error) const;

  UniqueFd file_;
  std::filesystem::path directory_;
};

}  // namespace vcache::content
