#include "vcache/content/spool.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "support/temp_dir.h"
#include "vcache/content/content_hasher.h"

using namespace vcache;
using content::DigestOf;
using content::Spool;
using content::SpoolOptions;

namespace {

constexpr std::size_t kMiB = 1024 * 1024;

/// Bytes without a short period, so that a misplaced piece is noticed.
std::string Pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& c : text) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return text;
}

SpoolOptions In(const test::TempDir& directory) {
  SpoolOptions options;
  options.directory = directory.path();
  options.reserve_bytes = 0;
  return options;
}

bool IsEmpty(const test::TempDir& directory) {
  return std::filesystem::is_empty(directory.path());
}

void AppendInPieces(Spool& spool, std::string_view text, std::size_t piece) {
  for (std::size_t at = 0; at < text.size(); at += piece) {
    REQUIRE(spool.Append(AsBytes(text.substr(at, piece))));
  }
}

std::string ReadAll(ByteSource& source, std::size_t piece) {
  std::string all;
  std::vector<std::byte> buffer(piece);
  while (true) {
    const Result<std::size_t> count = source.Read(buffer);
    REQUIRE(count);
    if (*count == 0) return all;
    all += AsText(ByteView(buffer).first(*count));
  }
}

std::string FirstBytes(const Spool& spool) {
  std::array<std::byte, 64> bytes{};
  const auto count = spool.ReadAt(0, bytes);
  REQUIRE(count);
  return std::string(AsText(ByteView(bytes).first(*count)));
}

}  // namespace

TEST_CASE("Spool: gives back what was put in, at every size around its bounds (P2)") {
  const test::TempDir directory;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64},
                                 std::size_t{65}, std::size_t{4096}, std::size_t{4097},
                                 std::size_t{200'000}, kMiB - 1, kMiB, kMiB + 1, 5 * kMiB + 3}) {
    const std::string text = Pattern(size);
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{65'536}, 8 * kMiB}) {
      CAPTURE(size);
      CAPTURE(piece);
      Spool spool(In(directory));
      AppendInPieces(spool, text, piece);
      CHECK(spool.size() == size);
      CHECK(spool.in_memory() == (size <= kMiB));
      CHECK(FirstBytes(spool) == text.substr(0, 64));
      CHECK(IsEmpty(directory));
      CHECK((ReadAll(*spool.NewReader(), 4093) == text));
      CHECK((ReadAll(*spool.NewReader(), 3 * kMiB) == text));
      CHECK(IsEmpty(directory));
    }
  }
}

TEST_CASE("Spool: what was appended can be read before the next bytes come") {
  const std::string text = Pattern(100);
  Spool spool;
  CHECK(FirstBytes(spool).empty());
  for (std::size_t i = 0; i < text.size(); ++i) {
    REQUIRE(spool.Append(AsBytes(std::string_view(text).substr(i, 1))));
    CHECK(FirstBytes(spool) == text.substr(0, std::min<std::size_t>(i + 1, 64)));
  }
}

TEST_CASE("Spool: keeps nothing in memory when told so, and survives a move") {
  const test::TempDir directory;
  SpoolOptions options = In(directory);
  options.memory_bytes = 0;
  Spool first(options);
  REQUIRE(first.Append({}));
  CHECK(first.in_memory());
  REQUIRE(first.Append(AsBytes("abc")));
  CHECK_FALSE(first.in_memory());
  Spool second(std::move(first));
  REQUIRE(second.Append(AsBytes("def")));
  CHECK(ReadAll(*second.NewReader(), 4) == "abcdef");
}

TEST_CASE("Spool: readers of several threads each read the whole from the start") {
  const test::TempDir directory;
  for (const std::size_t size : {kMiB, 3 * kMiB + 17}) {
    const std::string text = Pattern(size);
    Spool spool(In(directory));
    AppendInPieces(spool, text, 50'000);
    const content::ContentDigest expected = DigestOf(AsBytes(text));
    std::vector<content::ContentDigest> digests(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < digests.size(); ++i) {
      threads.emplace_back([&spool, &digests, i] {
        content::ContentHasher hasher;
        std::vector<std::byte> buffer(1000 + 777 * i);
        const auto reader = spool.NewReader();
        for (auto count = reader->Read(buffer); count && *count > 0; count = reader->Read(buffer)) {
          hasher.Update(ByteView(buffer).first(*count));
        }
        digests[i] = hasher.Finish();
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const content::ContentDigest& digest : digests) CHECK(digest == expected);
  }
}

TEST_CASE("Spool: any piece can be read by its place, in memory and on disk") {
  const test::TempDir directory;
  for (const std::size_t size : {std::size_t{70'000}, kMiB + 17}) {
    const std::string text = Pattern(size);
    Spool spool(In(directory));
    AppendInPieces(spool, text, 5'000);
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{4'095}, std::size_t{8'192}, size - 1}) {
      std::vector<std::byte> piece(9'000);
      const auto count = spool.ReadAt(at, piece);
      REQUIRE(count);
      CHECK(*count == std::min(piece.size(), size - at));
      CHECK(AsText(ByteView(piece).first(*count)) == text.substr(at, piece.size()));
    }
    std::vector<std::byte> none(10);
    CHECK(spool.ReadAt(size, none).value() == 0);
    CHECK(spool.ReadAt(UINT64_MAX, none).value() == 0);
    CHECK(spool.ReadAt(0, {}).value() == 0);
  }
}

TEST_CASE("Spool: refuses what would eat the reserve, and stays refused (P2)") {
  const test::TempDir directory;
  SpoolOptions options = In(directory);
  options.reserve_bytes = UINT64_MAX;
  Spool spool(options);
  REQUIRE(spool.Append(AsBytes(Pattern(kMiB))));  // memory needs no disk
  const Result<void> refused = spool.Append(AsBytes("x"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kIo);
  CHECK(refused.error().message.find(directory.path().string()) != std::string::npos);
  CHECK(refused.error().message.find("SPOOL_DIR") != std::string::npos);
  CHECK_FALSE(spool.Append(AsBytes("x")));
  std::byte byte{};
  CHECK_FALSE(spool.NewReader()->Read({&byte, 1}));  // half a content is not a content
  CHECK(IsEmpty(directory));
}

TEST_CASE("Spool: a directory that is not there is an error that names it") {
  const test::TempDir directory;
  SpoolOptions options = In(directory);
  options.directory /= "missing";
  Spool spool(options);
  const Result<void> refused = spool.Append(AsBytes(Pattern(kMiB + 1)));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kIo);
  CHECK(refused.error().message.find("missing") != std::string::npos);
}

TEST_CASE("Spool: a process killed in the middle leaves no file (P2)") {
  const test::TempDir directory;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Spool spool(In(directory));
    const bool kept = spool.Append(AsBytes(Pattern(3 * kMiB))).has_value();
    if (kept && !spool.in_memory()) kill(getpid(), SIGKILL);
    _exit(1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(IsEmpty(directory));
}
