#include "content/temp_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "vcache/core/descriptors.h"

namespace vcache::content {
namespace {

template <typename Call>
auto WithoutInterrupts(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

Error IoError(std::string_view what, const std::filesystem::path& directory, int error) {
  std::string message = "Cannot " + std::string(what) + " a temporary file in " +
                        directory.string() + ": " + std::generic_category().message(error) + ".";
  if (IsShortageOfOurs(error)) {
    message = NoDescriptorLeft("for a temporary file in " + directory.string());
  } else if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    message += " Free space there, or let SPOOL_DIR name a directory with more of it.";
  } else {
    message += " SPOOL_DIR must name a directory that this process may write to.";
  }
  return Error{ErrorCode::kIo, std::move(message)};
}

/// The errors of open(2) for `O_TMPFILE` on file systems and kernels that lack it.
bool LacksUnnamedFiles(int error) {
  return error == EOPNOTSUPP || error == EISDIR || error == EINVAL || error == ENOSYS;
}

/// The fallback of rule P2: the name exists between two system calls.
UniqueFd OpenAndUnlink(const std::filesystem::path& directory) {
  std::string name = (directory / "vcache-XXXXXX").string();
  UniqueFd file(WithoutInterrupts([&] { return mkostemp(name.data(), O_CLOEXEC); }));
  if (file && unlink(name.c_str()) != 0) file.Reset();
  return file;
}

}  // namespace

int TempFile::OpenTmpFile(const char* directory) {
  // O_EXCL: no process can give the file a name later (linkat).
  return open(directory, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
}

Result<TempFile> TempFile::Create(const std::filesystem::path& directory,
                                  const OpenUnnamed& open_unnamed) {
  UniqueFd file(WithoutInterrupts([&] { return open_unnamed(directory.c_str()); }));
  if (!file && LacksUnnamedFiles(errno)) file = OpenAndUnlink(directory);
  if (!file) return IoError("create", directory, errno);
  return TempFile(std::move(file), directory);
}

TempFile::TempFile(UniqueFd file, std::filesystem::path directory) noexcept
    : file_(std::move(file)), directory_(std::move(directory)) {}

Result<void> TempFile::Append(ByteView bytes) {
  while (!bytes.empty()) {  // a write may be short: at a limit, on a full disk, after a signal
    const auto written =
        WithoutInterrupts([&] { return write(file_.get(), bytes.data(), bytes.size()); });
    if (written == -1) return IoError("write to", directory_, errno);
    if (written == 0) return IoError("write to", directory_, EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::size_t> TempFile::ReadAt(std::uint64_t offset, std::span<std::byte> into) const {
  const auto count = WithoutInterrupts(
      [&] { return pread(file_.get(), into.data(), into.size(), static_cast<off_t>(offset)); });
  if (count == -1) return IoError("read", directory_, errno);
  return static_cast<std::size_t>(count);
}

Result<std::uint64_t> TempFile::FreeBytes() const {
  struct statvfs status {};
  if (WithoutInterrupts([&] { return fstatvfs(file_.get(), &status); }) == -1) {
    return IoError("look at the free space for", directory_, errno);
  }
  // A file system without a size (tmpfs with size=0) reports zeros: no limit, not zero space.
  if (status.f_blocks == 0) return UINT64_MAX;
  return std::uint64_t{status.f_bavail} * std::uint64_t{status.f_frsize};
}

}  // namespace vcache::content
