#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/never.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;

namespace {

PutRequest PaidKeep(unsigned number) {
  PutRequest request = MakePut(MakeKey(number), 1h, number % 100);
  request.counters.at(ContentKind::kAnalysis, Counter::kPaidCalls) = 1;
  return request;
}

/// Runs `work` in a process of its own; it must not return. Nothing of the parent's SQLite may be
/// open at this moment: connections do not survive a fork.
template <typename Work>
pid_t Fork(const Work& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(100);  // one that hangs fails the test, and is not waited for until ctest gives up
    work();
    ::_exit(9);
  }
  return child;
}

/// Opens the store in a child, where doctest's macros would only confuse.
std::unique_ptr<LocalStore> OpenInChild(const std::filesystem::path& directory, Clock& clock) {
  SqliteStoreOptions options;
  options.directory = directory;
  options.busy_timeout = 20s;
  auto store = OpenSqliteStore(options, KeySpace(), clock, NullLogger());
  if (!store) ::_exit(2);
  return std::move(*store);
}

int ExitOf(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("SqliteStore: several processes open and write one file at once") {
  constexpr unsigned kEach = 50;
  test::TempDir dir;
  std::array<pid_t, 3> children{};
  for (unsigned c = 0; c < children.size(); ++c) {
    children[c] = Fork([&dir, c] {
      SystemClock clock;
      const auto store = OpenInChild(dir.path(), clock);
      for (unsigned i = 0; i < kEach; ++i) {
        if (!store->Put(PaidKeep(c * kEach + i), kNever)) ::_exit(3);
      }
      ::_exit(0);
    });
  }
  for (const pid_t child : children) CHECK(ExitOf(child) == 0);
  SystemClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  for (unsigned i = 0; i < children.size() * kEach; ++i) {
    REQUIRE(store->Lookup(MakeKey(i), kNever).outcome == LookupOutcome::kHit);
  }
  CHECK(store->Read(clock.WallNow(), kNever)->all.total(Counter::kPaidCalls) ==
        static_cast<std::int64_t>(children.size() * kEach));
}

TEST_CASE("SqliteStore: kill -9 loses nothing that Keep acknowledged") {
  test::TempDir dir;
  std::array<int, 2> acknowledged{};
  REQUIRE(::pipe(acknowledged.data()) == 0);
  const pid_t child = Fork([&] {
    SystemClock clock;
    const auto store = OpenInChild(dir.path(), clock);
    for (unsigned i = 0;; ++i) {
      if (!store->Put(PaidKeep(i), kNever)) ::_exit(3);
      if (::write(acknowledged[1], &i, sizeof i) != sizeof i) ::_exit(4);
    }
  });
  ::close(acknowledged[1]);
  unsigned last = 0;
  while (last < 100) REQUIRE(::read(acknowledged[0], &last, sizeof last) == sizeof last);
  REQUIRE(::kill(child, SIGKILL) == 0);
  CHECK(ExitOf(child) == -SIGKILL);
  unsigned more = 0;
  while (::read(acknowledged[0], &more, sizeof more) == sizeof more) last = more;
  ::close(acknowledged[0]);

  SystemClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  for (unsigned i = 0; i <= last; ++i) {
    REQUIRE(store->Lookup(MakeKey(i), kNever).outcome == LookupOutcome::kHit);
  }
  const std::int64_t paid = store->Read(clock.WallNow(), kNever)->all.total(Counter::kPaidCalls);
  CHECK(paid >= last + 1);
  CHECK(paid <= last + 2);  // one may have been kept and not yet acknowledged
}
