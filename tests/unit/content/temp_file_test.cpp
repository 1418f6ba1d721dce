#include "content/temp_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "support/no_descriptors.h"
#include "support/temp_dir.h"

using namespace vcache;
using content::TempFile;

namespace {

int NoUnnamedFiles(const char*) {
  errno = EOPNOTSUPP;
  return -1;
}

std::string Content(const TempFile& file, std::size_t size) {
  std::vector<std::byte> buffer(size + 1);
  const Result<std::size_t> count = file.ReadAt(0, buffer);
  REQUIRE(count);
  return std::string(AsText(ByteView(buffer).first(*count)));
}

/// Tells which names came and went in a directory since it was made.
class NameWatch {
 public:
  explicit NameWatch(const std::filesystem::path& directory)
      : descriptor_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    REQUIRE(inotify_add_watch(descriptor_, directory.c_str(), IN_CREATE | IN_DELETE) != -1);
  }
  ~NameWatch() { close(descriptor_); }
  NameWatch(const NameWatch&) = delete;
  NameWatch& operator=(const NameWatch&) = delete;

  std::vector<std::uint32_t> Events() {
    alignas(inotify_event) char buffer[4096];
    std::vector<std::uint32_t> masks;
    const ssize_t size = read(descriptor_, buffer, sizeof buffer);
    for (ssize_t at = 0; at < size;) {
      const auto* event = static_cast<const inotify_event*>(static_cast<const void*>(buffer + at));
      masks.push_back(event->mask);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
    return masks;
  }

 private:
  int descriptor_;
};

/// Files of this process may not grow beyond a size, as long as this lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("TempFile: where the system has files without a name, none ever appears (P2)") {
  const test::TempDir directory;
  NameWatch watch(directory.path());
  const int probe = open(directory.path().c_str(), O_TMPFILE | O_RDWR, 0600);
  if (probe == -1) {
    MESSAGE("skipped: this file system has no O_TMPFILE");
    return;
  }
  close(probe);
  Result<TempFile> file = TempFile::Create(directory.path());
  REQUIRE(file);
  REQUIRE(file->Append(AsBytes("hello")));
  CHECK(Content(*file, 5) == "hello");
  CHECK(watch.Events().empty());
}

TEST_CASE("TempFile: the fallback's name is gone before the first byte is written (P2)") {
  const test::TempDir directory;
  NameWatch watch(directory.path());
  Result<TempFile> file = TempFile::Create(directory.path(), NoUnnamedFiles);
  REQUIRE(file);
  CHECK(watch.Events() == std::vector<std::uint32_t>{IN_CREATE, IN_DELETE});
  CHECK(std::filesystem::is_empty(directory.path()));
  REQUIRE(file->Append(AsBytes("hel")));
  REQUIRE(file->Append(AsBytes("lo")));
  CHECK(std::filesystem::is_empty(directory.path()));
  CHECK(Content(*file, 5) == "hello");
  std::byte two[2];
  CHECK(*file->ReadAt(4, two) == 1);
  CHECK(two[0] == std::byte{'o'});
  CHECK(*file->ReadAt(5, two) == 0);
}

TEST_CASE("TempFile: only a missing feature leads to the fallback") {
  const test::TempDir directory;
  NameWatch watch(directory.path());
  const Result<TempFile> file = TempFile::Create(directory.path(), [](const char*) {
    errno = EACCES;
    return -1;
  });
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::kIo);
  CHECK(watch.Events().empty());
}

TEST_CASE("TempFile: opening is tried again when a signal interrupts it") {
  const test::TempDir directory;
  int calls = 0;
  const Result<TempFile> file = TempFile::Create(directory.path(), [&calls](const char* path) {
    if (++calls <= 3) {
      errno = EINTR;
      return -1;
    }
    return NoUnnamedFiles(path);
  });
  CHECK(file);
  CHECK(calls == 4);
}

TEST_CASE("TempFile: a full disk is an error that says where and what to free") {
  UniqueFd full(open("/dev/full", O_RDWR | O_CLOEXEC));
  REQUIRE(full);
  TempFile file(std::move(full), "/some/where");
  const Result<void> written = file.Append(AsBytes("x"));
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ErrorCode::kIo);
  CHECK(written.error().message ==
        "Cannot write to a temporary file in /some/where: No space left on device. Free space "
        "there, or let SPOOL_DIR name a directory with more of it.");
}

TEST_CASE("TempFile: a short write goes on where it stopped, up to the refusal") {
  const test::TempDir directory;
  Result<TempFile> file = TempFile::Create(directory.path());
  REQUIRE(file);
  const std::string text(10'000, 'x');
  {
    const FileSizeLimit limit(6'000);
    const Result<void> written = file->Append(AsBytes(text));  // 6,000 bytes, then EFBIG
    REQUIRE_FALSE(written);
    CHECK(written.error().code == ErrorCode::kIo);
  }
  CHECK(Content(*file, text.size()).size() == 6'000);
}

TEST_CASE("TempFile: every descriptor is closed once, also after moves") {
  const test::TempDir directory;
  const int before = dup(0);
  close(before);
  {
    Result<TempFile> first = TempFile::Create(directory.path());
    Result<TempFile> second = TempFile::Create(directory.path());
    REQUIRE(first);
    REQUIRE(second);
    REQUIRE(second->Append(AsBytes("second")));
    *first = *std::move(second);
    CHECK(Content(*first, 6) == "second");
  }
  const int after = dup(0);
  close(after);
  CHECK(after == before);
}

TEST_CASE("TempFile: without a descriptor the directory is not to blame") {
  const test::TempDir directory;
  const Result<TempFile> file = [&] {
    const test::NoDescriptors none;
    return TempFile::Create(directory.path());
  }();
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::kIo);
  CHECK(file.error().message.find("no descriptor left") != std::string::npos);
  CHECK(file.error().message.find("SPOOL_DIR") == std::string::npos);
  CHECK(TempFile::Create(directory.path()));
}
