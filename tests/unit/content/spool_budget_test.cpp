#include "vcache/content/spool_budget.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/temp_dir.h"
#include "vcache/content/spool.h"

using namespace vcache;
using content::Spool;
using content::SpoolBudget;
using content::SpoolOptions;

namespace {

constexpr std::uint64_t kMebi = 1024 * 1024;

SpoolOptions Into(const test::TempDir& directory) {
  SpoolOptions options;
  options.directory = directory.path();
  options.reserve_bytes = 0;
  return options;
}

}  // namespace

TEST_CASE("SpoolBudget: uploads beyond the memory of all go to the disk, and none is refused") {
  const test::TempDir directory;
  const auto budget = SpoolBudget::Make({.memory_bytes = 4 * kMebi, .client_percent = 100});
  const std::string content(900'000, 'x');
  std::vector<Spool> spools;
  for (int i = 0; i < 20; ++i) {
    spools.emplace_back(Into(directory), budget->NewShare("client"));
    REQUIRE(spools.back().Append(AsBytes(content)));
    CHECK(budget->usage().memory_bytes <= 4 * kMebi);
  }
  std::size_t in_memory = 0;
  for (const Spool& spool : spools) {
    in_memory += spool.in_memory() ? 1 : 0;
    std::string read(content.size(), '\0');
    const auto count =
        spool.ReadAt(0, {reinterpret_cast<std::byte*>(read.data()), read.size()});  // NOLINT
    REQUIRE(count);
    CHECK(read == content);
  }
  CHECK(in_memory > 2);
  CHECK(in_memory < 5);
  CHECK(budget->usage().disk_bytes == (spools.size() - in_memory) * content.size());
  spools.clear();
  CHECK(budget->usage().memory_bytes == 0);
  CHECK(budget->usage().disk_bytes == 0);
}

TEST_CASE("SpoolBudget: an upload beyond the disk of all is refused as overload") {
  const test::TempDir directory;
  const auto budget =
      SpoolBudget::Make({.memory_bytes = 0, .disk_bytes = 1'000, .client_percent = 100});
  Spool first(Into(directory), budget->NewShare("a"));
  REQUIRE(first.Append(AsBytes(std::string(800, 'x'))));
  CHECK_FALSE(budget->is_short());
  {
    Spool second(Into(directory), budget->NewShare("b"));
    REQUIRE(second.Append(AsBytes(std::string(200, 'x'))));
    CHECK(budget->is_short());
    const auto refused = second.Append(AsBytes("x"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kOverloaded);
    CHECK(refused.error().retry_after);
    CHECK(refused.error().message.find("SPOOL_DISK_MB") != std::string::npos);
    CHECK(PublicMessage(refused.error()).find("SPOOL") == std::string::npos);
    CHECK_FALSE(second.Append(AsBytes("x")));  // for good
  }
  Spool third(Into(directory), budget->NewShare("b"));
  CHECK(third.Append(AsBytes(std::string(200, 'x'))));
}

TEST_CASE("SpoolBudget: one client gets its part only") {
  const test::TempDir directory;
  const auto budget =
      SpoolBudget::Make({.memory_bytes = 16'384, .disk_bytes = 10'000, .client_percent = 50});
  const auto greedy = budget->NewShare("greedy");
  CHECK(greedy->TakeMemory(8'192));
  CHECK_FALSE(greedy->TakeMemory(1));
  CHECK(greedy->TakeDisk(5'000));
  const auto refused = greedy->TakeDisk(1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("SPOOL_PERCENT_PER_ADDRESS") != std::string::npos);
  const auto other = budget->NewShare("other");
  CHECK(other->TakeMemory(8'192));
  CHECK(other->TakeDisk(5'000));
  greedy->ReturnMemory();
  CHECK(greedy->TakeMemory(8'192));
}

TEST_CASE("SpoolBudget: a client has so many bodies read at once and no more") {
  const auto budget = SpoolBudget::Make({.client_readings = 2});
  auto first = budget->BeginReading("a");
  const auto second = budget->BeginReading("a");
  REQUIRE(first);
  REQUIRE(second);
  const auto third = budget->BeginReading("a");
  REQUIRE_FALSE(third);
  CHECK(third.error().code == ErrorCode::kOverloaded);
  CHECK(third.error().message.find("MAX_UPLOADS_PER_ADDRESS") != std::string::npos);
  CHECK(budget->BeginReading("b"));
  first->reset();
  CHECK(budget->BeginReading("a"));
}

TEST_CASE("SpoolBudget: a share larger than any budget is refused without overflow") {
  const auto budget = SpoolBudget::Make({.memory_bytes = 100, .disk_bytes = 100});
  const auto share = budget->NewShare("a");
  CHECK(share->TakeMemory(1));
  CHECK_FALSE(share->TakeMemory(SpoolBudget::kUnlimited));
  CHECK_FALSE(share->TakeDisk(SpoolBudget::kUnlimited));
  CHECK(budget->usage().memory_bytes == 1);
}
