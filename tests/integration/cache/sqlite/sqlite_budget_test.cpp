#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/budget_store_conformance.h"
#include "vcache/cache/sqlite/sqlite_budget.h"

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using namespace std::chrono_literals;
using test::kNever;
using test::MakeChange;
using test::MakeClaim;

namespace {

std::unique_ptr<SqliteBudgetStore> OpenBudget(const std::filesystem::path& directory, Clock& clock,
                                              KeySpace keys = KeySpace()) {
  auto store = OpenSqliteBudget({directory, 30s}, std::move(keys), clock);
  if (!store) FAIL(store.error().message);
  return std::move(*store);
}

/// Three stores on one file, as three processes have them.
class SqliteBudgetFixture final : public test::BudgetUnderTest {
 public:
  SqliteBudgetFixture() {
    for (int i = 0; i < 3; ++i) stores_.push_back(OpenBudget(dir_.path(), clock_));
  }
  BudgetStore& replica(std::size_t number) override { return *stores_[number]; }
  std::size_t replicas() const override { return stores_.size(); }

 private:
  test::TempDir dir_;
  SystemClock clock_;
  std::vector<std::unique_ptr<SqliteBudgetStore>> stores_;
};

}  // namespace

TEST_CASE("SqliteBudgetStore: keeps every promise of a BudgetStore") {
  test::RunBudgetStoreConformance([] { return std::make_unique<SqliteBudgetFixture>(); });
}

TEST_CASE("SqliteBudgetStore: what waits is delivered as it was sealed") {
  test::TempDir dir;
  test::FakeClock clock;
  test::RunBudgetOutboxConformance(*OpenBudget(dir.path(), clock));
}

TEST_CASE("SqliteBudgetStore: several processes grant exactly what fits") {
  constexpr int kFit = 100;
  test::TempDir dir;
  std::array<pid_t, 3> children{};
  for (pid_t& child : children) {
    child = ::fork();
    REQUIRE(child >= 0);
    if (child != 0) continue;
    ::alarm(100);  // one that hangs fails the test, and is not waited for until ctest gives up
    SystemClock clock;
    auto store = OpenSqliteBudget({dir.path(), 30s}, KeySpace(), clock);
    if (!store) ::_exit(255);
    const std::vector<BudgetClaim> claims = {MakeClaim("2026-11-21", 1, kFit)};
    int granted = 0;
    for (int i = 0; i < 60; ++i) {
      const auto outcome = (*store)->Reserve(claims, kNever).outcome;
      if (outcome == BudgetOutcome::kUnavailable) ::_exit(254);
      if (outcome == BudgetOutcome::kGranted) ++granted;
    }
    ::_exit(granted);
  }
  int granted = 0;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    granted += WEXITSTATUS(status);
  }
  CHECK(granted == kFit);
}

TEST_CASE("SqliteBudgetStore: sums survive a restart and end with their life") {
  test::TempDir dir;
  test::FakeClock clock;
  const std::vector<BudgetClaim> claims = {MakeClaim("2026-01-01", 60, 100)};
  CHECK(OpenBudget(dir.path(), clock)->Reserve(claims, kNever).outcome == BudgetOutcome::kGranted);
  const auto store = OpenBudget(dir.path(), clock);
  CHECK(store->Reserve(claims, kNever).outcome == BudgetOutcome::kRefused);
  const auto other = OpenBudget(dir.path(), clock, KeySpace({.prefix = "b:"}));
  CHECK(other->Reserve(claims, kNever).outcome == BudgetOutcome::kGranted);
  clock.Advance(test::kBudgetLife);
  CHECK(store->Reserve(claims, kNever).sums.front() == Usd::FromMicros(60));
  CHECK(test::RawDatabase(dir.path()).Query("SELECT count(*) FROM budget") == "1");  // swept
}

TEST_CASE("SqliteBudgetStore: sites that share a file do not see what waits for the other") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto one = OpenBudget(dir.path(), clock);
  const auto other = OpenBudget(dir.path(), clock, KeySpace({.prefix = "b:"}));
  CHECK(one->PutPending({"", {MakeChange("2026-01-01", 5)}}, kNever));
  CHECK(other->NextPending(kNever)->id.empty());
  CHECK(other->SumPending(kNever)->empty());
}

TEST_CASE("SqliteBudgetStore: without its table it is unavailable, and says why") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto store = OpenBudget(dir.path(), clock);
  test::RawDatabase(dir.path()).Query("DROP TABLE budget");
  const std::vector<BudgetClaim> claims = {MakeClaim("2026-01-01", 60, 100)};
  const auto answer = store->Reserve(claims, kNever);
  CHECK(answer.outcome == BudgetOutcome::kUnavailable);
  CHECK_FALSE(answer.reason.empty());
  CHECK_FALSE(store->Adjust({"aa", {MakeChange("2026-01-01", 1)}}, kNever));
}

TEST_CASE("OpenSqliteBudget: beside the verdicts, in a file of version 2 as well") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto verdicts = test::OpenStore(dir.path(), clock);
  CHECK(verdicts->Put(test::MakePut(test::MakeKey(1), 1h), kNever));
  test::MakeSchemaOlder(dir.path(), 2);
  const auto store = OpenBudget(dir.path(), clock);
  const std::vector<BudgetClaim> claims = {MakeClaim("2026-01-01", 1, 1)};
  CHECK(store->Reserve(claims, kNever).outcome == BudgetOutcome::kGranted);
  CHECK(verdicts->Lookup(test::MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(test::RawDatabase(dir.path()).Query("PRAGMA user_version") == test::kNewestSchema);
}
