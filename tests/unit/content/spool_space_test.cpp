#include "vcache/content/spool_space.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/temp_dir.h"
#include "vcache/content/spool.h"

using namespace vcache;
using content::Spool;
using content::SpoolOptions;
using content::SpoolSpace;

namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;

SpoolSpace::FreeBytes Always(std::uint64_t bytes) {
  return [bytes] { return Result<std::uint64_t>(bytes); };
}

/// Whether so much would be granted now.
bool Grants(SpoolSpace& space, std::uint64_t bytes, std::uint64_t reserve, std::uint64_t free) {
  const auto reserved = space.Reserve(bytes, reserve, Always(free));
  REQUIRE(reserved);
  return reserved->has_value();
}

/// Spools in a directory on a disk of this size that has nothing else on it, as far as they know.
struct SmallDisk {
  explicit SmallDisk(std::uint64_t bytes, std::uint64_t reserve) : size(bytes) {
    options.directory = directory.path();
    options.memory_bytes = 0;
    options.reserve_bytes = reserve;
    options.space = std::make_shared<SpoolSpace>([this] {
      const std::uint64_t used = written;
      return Result<std::uint64_t>(size > used ? size - used : 0);
    });
  }
  /// Whether the spool took it; if so, it is on the disk.
  bool Write(Spool& spool, std::size_t bytes) {
    if (!spool.Append(AsBytes(std::string(bytes, 'x')))) return false;
    written += bytes;
    return true;
  }

  const test::TempDir directory;
  std::atomic<std::uint64_t> size;
  std::atomic<std::uint64_t> written{0};
  SpoolOptions options;
};

}  // namespace

TEST_CASE("SpoolSpace: what was granted and is not written yet is not granted again (P2)") {
  SpoolSpace space;
  {
    const auto first = space.Reserve(60, 10, Always(100));
    REQUIRE((first && *first));
    CHECK(Grants(space, 30, 10, 100));
    CHECK_FALSE(Grants(space, 31, 10, 100));
    CHECK_FALSE(Grants(space, 1, 10, 60));  // the disk shrank below what is granted
    auto second = space.Reserve(30, 10, Always(100));
    REQUIRE((second && *second));
    CHECK_FALSE(Grants(space, 1, 10, 100));
    const SpoolSpace::Reservation moved = **std::move(second);
    CHECK_FALSE(Grants(space, 1, 10, 100));
  }
  CHECK(Grants(space, 90, 10, 100));  // all of it was given back, once
  CHECK_FALSE(Grants(space, 91, 10, 100));
}

TEST_CASE("SpoolSpace: what was written is counted once, by the system") {
  SpoolSpace space;
  { const auto written = space.Reserve(60, 10, Always(100)); }
  CHECK(Grants(space, 30, 10, 40));
  CHECK_FALSE(Grants(space, 31, 10, 40));
}

TEST_CASE("SpoolSpace: no sum overflows, and a look that fails grants nothing") {
  SpoolSpace space;
  CHECK(Grants(space, UINT64_MAX, 0, UINT64_MAX));
  CHECK_FALSE(Grants(space, 1, UINT64_MAX, UINT64_MAX));
  CHECK_FALSE(Grants(space, UINT64_MAX, 0, 5));
  const auto failed = space.Reserve(1, 0, [] {
    return Result<std::uint64_t>(Error{ErrorCode::kIo, "The disk does not answer."});
  });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::kIo);
  CHECK(Grants(space, 5, 0, 5));
}

TEST_CASE("SpoolSpace: threads that write at once leave the reserve, and little more than it") {
  constexpr std::uint64_t kDisk = 1'000'000;
  constexpr std::uint64_t kReserve = 100'000;
  constexpr std::uint64_t kPiece = 1'000;
  std::atomic<std::uint64_t> used{0};
  std::atomic<bool> too_far{false};
  SpoolSpace space([&used] { return Result<std::uint64_t>(kDisk - used); });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (;;) {
        const auto reserved = space.Reserve(kPiece, kReserve, {});
        if (!reserved || !*reserved) return;
        std::this_thread::yield();  // a write takes its time
        if ((used += kPiece) > kDisk - kReserve) too_far = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(too_far);
  // Others' pieces under way may have refused the last ones.
  CHECK(used >= kDisk - kReserve - 8 * kPiece);
}

TEST_CASE("Spool: many that grow side by side leave the reserve free (P2)") {
  SmallDisk disk(20 * kMebibyte, 6 * kMebibyte);
  std::vector<Spool> spools;
  for (int i = 0; i < 60; ++i) spools.emplace_back(disk.options);
  std::size_t refused = 0;
  for (int round = 0; round < 8; ++round) {
    for (Spool& spool : spools) refused += disk.Write(spool, 64 * 1024) ? 0 : 1;
  }
  CHECK(refused > 0);
  CHECK(disk.written == 14 * kMebibyte);  // all that there is, to the byte
}

TEST_CASE("Spool: space that shrinks while an upload grows is noticed, early and late (P2)") {
  for (const std::uint64_t before :
       {kMebibyte, 4 * kMebibyte - 1, 4 * kMebibyte, 4 * kMebibyte + 1, 9 * kMebibyte}) {
    CAPTURE(before);
    SmallDisk disk(1024 * kMebibyte, 64 * kMebibyte);
    Spool spool(disk.options);
    while (disk.written < before) {
      const auto piece = std::min<std::uint64_t>(128 * 1024, before - disk.written);
      REQUIRE(disk.Write(spool, static_cast<std::size_t>(piece)));
    }
    disk.size = disk.written + 64 * kMebibyte;  // somebody else fills the disk
    CHECK_FALSE(disk.Write(spool, 1));
    CHECK_FALSE(spool.NewReader()->Read({}));  // and half a content is none
  }
}

TEST_CASE("Spool: what a spool held is room for the next one once it is gone (P2)") {
  SmallDisk disk(10 * kMebibyte, 8 * kMebibyte);
  for (int i = 0; i < 3; ++i) {
    Spool spool(disk.options);
    CHECK(disk.Write(spool, 2 * kMebibyte));
    CHECK_FALSE(disk.Write(spool, 1));
    disk.written = 0;  // its file goes with it
  }
}
