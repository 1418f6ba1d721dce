#include "content/temp_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace vcache::content {
namespace {

/// Runs a system call again while signals interrupt it.
template <typename Call>
auto WithoutInterrupts(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

Error IoError(std::string_view what, const std::filesystem::path& directory, int error) {
  std::string message = "Cannot " + std::string(what) + " a temporary file in " +
                        directory.string() + ": " + std::generic_category().message(error) + ".";
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    message += " Free space there, or let SPOOL_DIR name a directory with more of it.";
  } else {
    message += " SPOOL_DIR must name a directory that this process may write to.";
  }
  return Error{ErrorCode::kIo, std::move(message)};
}

/// What open(2) answers to `O_TMPFILE` on file systems and kernels that lack it.
bool LacksUnnamedFiles(int error) {
  return error == EOPNOTSUPP || error == EISDIR || error == EINVAL || error == ENOSYS;
}

/// The fallback of rule P2: the name exists between two system calls.
int OpenAndUnlink(const std::filesystem::path& directory) {
  std::string name = (directory / "vcache-XXXXXX").string();
  const int descriptor = WithoutInterrupts([&] { return mkostemp(name.data(), O_CLOEXEC); });
  if (descriptor == -1) return -1;
  if (unlink(name.c_str()) == 0) return descriptor;
  const int error = errno;
  close(descriptor);
  errno = error;
  return -1;
}

}  // namespace

int TempFile::OpenTmpFile(const char* directory) {
  // O_EXCL: nobody can give the file a name later (linkat).
  return open(directory, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
}

Result<TempFile> TempFile::Create(const std::filesystem::path& directory,
                                  const OpenUnnamed& open_unnamed) {
  int descriptor = WithoutInterrupts([&] { return open_unnamed(directory.c_str()); });
  if (descriptor == -1 && LacksUnnamedFiles(errno)) descriptor = OpenAndUnlink(directory);
  if (descriptor == -1) return IoError("create", directory, errno);
  return TempFile(descriptor, directory);
}

TempFile::TempFile(int descriptor, std::filesystem::path directory) noexcept
    : descriptor_(descriptor), directory_(std::move(directory)) {}

TempFile::~TempFile() {
  if (descriptor_ != -1) close(descriptor_);
}

TempFile::TempFile(TempFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), directory_(std::move(other.directory_)) {}

TempFile& TempFile::operator=(TempFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(directory_, other.directory_);
  return *this;
}

Error TempFile::Failure(std::string_view what, int error) const {
  return IoError(what, directory_, error);
}

Result<void> TempFile::Append(ByteView bytes) {
  while (!bytes.empty()) {  // a write may be short: at a limit, on a full disk, after a signal
    const auto written =
        WithoutInterrupts([&] { return write(descriptor_, bytes.data(), bytes.size()); });
    if (written == -1) return Failure("write to", errno);
    if (written == 0) return Failure("write to", EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::size_t> TempFile::ReadAt(std::uint64_t offset, std::span<std::byte> into) const {
  const auto count = WithoutInterrupts(
      [&] { return pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset)); });
  if (count == -1) return Failure("read", errno);
  return static_cast<std::size_t>(count);
}

Result<std::uint64_t> TempFile::FreeBytes() const {
  struct statvfs status {};
  if (WithoutInterrupts([&] { return fstatvfs(descriptor_, &status); }) == -1) {
    return Failure("look at the free space for", errno);
  }
  return std::uint64_t{status.f_bavail} * std::uint64_t{status.f_frsize};
}

}  // namespace vcache::content
