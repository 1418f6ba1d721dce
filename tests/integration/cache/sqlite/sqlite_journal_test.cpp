#include "vcache/cache/sqlite/sqlite_journal.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/never.h"

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;

namespace {

constexpr WallTime kBegun{1'767'225'600'123ms};

std::unique_ptr<CallJournal> OpenJournalIn(const std::filesystem::path& directory, Clock& clock,
                                           KeySpace keys = KeySpace(),
                                           Logger& logger = NullLogger()) {
  auto journal = OpenSqliteJournal({directory, 20s}, std::move(keys), clock, logger);
  if (!journal) FAIL(journal.error().message);
  return std::move(*journal);
}

CallNote NoteOf(const std::string& id, WallTime begun = kBegun) {
  return {.id = id, .price = Usd::FromMicros(10'000), .begun = begun};
}

/// A process that notes a call and lives until it is killed. Nothing of the parent's SQLite may be
/// open at its start: connections do not survive a fork.
class CallingChild {
 public:
  CallingChild(const std::filesystem::path& directory, const std::string& id,
               const std::string& lease_token = "") {
    std::array<int, 2> noted{};
    REQUIRE(::pipe(noted.data()) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      SystemClock clock;
      const auto journal = OpenSqliteJournal({directory, 20s}, KeySpace(), clock, NullLogger());
      CallNote note = NoteOf(id);
      note.lease_token = lease_token;
      if (!journal || !(*journal)->Begin(MakeKey(1), note, kNever)) ::_exit(2);
      if (::write(noted[1], "x", 1) != 1) ::_exit(3);
      for (;;) ::pause();
    }
    ::close(noted[1]);
    char byte = 0;
    REQUIRE(::read(noted[0], &byte, 1) == 1);
    ::close(noted[0]);
  }
  ~CallingChild() {
    Kill();
    Bury();
  }
  CallingChild(const CallingChild&) = delete;
  CallingChild& operator=(const CallingChild&) = delete;

  void Kill() const {
    if (!buried_) ::kill(pid_, SIGKILL);  // the id may be somebody else's afterwards
  }
  /// Dead, but nobody has asked how it ended: it is still in /proc.
  void AwaitDeath() const {
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) == 0);
  }
  void Bury() {
    if (!buried_) ::waitpid(pid_, nullptr, 0);
    buried_ = true;
  }

 private:
  pid_t pid_ = -1;
  bool buried_ = false;
};

void SetOwner(const std::filesystem::path& directory, const std::string& id,
              const std::string& owner) {
  test::RawDatabase(directory).Query("UPDATE calls_in_flight SET owner = ?1 WHERE id = ?2",
                                     {owner, id});
}

}  // namespace

TEST_CASE("SqliteJournal: a call of a killed process is told once, one of a living never") {
  test::TempDir dir;
  CallingChild dead(dir.path(), "dead");
  const CallingChild living(dir.path(), "living");
  dead.Kill();
  SUBCASE("buried") {
    dead.Bury();
  }
  SUBCASE("not waited for yet") {
    dead.AwaitDeath();
  }
  SystemClock clock;
  const auto journal = OpenJournalIn(dir.path(), clock);
  const auto other = OpenJournalIn(dir.path(), clock);
  REQUIRE(journal->Begin(MakeKey(2), NoteOf("mine"), kNever));
  const auto told = journal->TakeUnfinished(kNever);
  REQUIRE(told);
  REQUIRE(told->size() == 1);
  const CallNote& note = told->front();
  CHECK(note.id == "dead");
  CHECK(note.name == KeySpace().NameOf(MakeKey(1)));
  CHECK(note.kind == MakeKey(1).kind);
  CHECK(note.price == Usd::FromMicros(10'000));
  CHECK(note.begun == kBegun);
  CHECK(other->TakeUnfinished(kNever)->empty());
  CHECK(journal->TakeUnfinished(kNever)->empty());
  CHECK(test::RawDatabase(dir.path()).Query("SELECT count(*) FROM calls_in_flight") == "3");
  REQUIRE(journal->End("dead", kNever));
  CHECK(test::RawDatabase(dir.path()).Query("SELECT count(*) FROM calls_in_flight") == "2");
}

TEST_CASE("SqliteJournal: of several that start at once exactly one tells of each call") {
  constexpr int kCalls = 20;
  test::TempDir dir;
  SystemClock clock;
  std::vector<std::unique_ptr<CallJournal>> journals;
  for (int i = 0; i < 4; ++i) journals.push_back(OpenJournalIn(dir.path(), clock));
  for (int i = 0; i < kCalls; ++i) {
    REQUIRE(journals[0]->Begin(MakeKey(1), NoteOf(std::to_string(i)), kNever));
    SetOwner(dir.path(), std::to_string(i), "another-boot:1:" + std::to_string(i));
  }
  std::atomic<std::size_t> told{0};
  std::vector<std::thread> starts;
  for (const auto& journal : journals) {
    starts.emplace_back([&] {
      if (const auto notes = journal->TakeUnfinished(kNever)) told += notes->size();
    });
  }
  for (std::thread& start : starts) start.join();
  CHECK(told == kCalls);
}

TEST_CASE("SqliteJournal: a call that was told and not struck out is told again after a crash") {
  test::TempDir dir;
  SystemClock clock;
  const auto journal = OpenJournalIn(dir.path(), clock);
  REQUIRE(journal->Begin(MakeKey(1), NoteOf("lost"), kNever));
  SetOwner(dir.path(), "lost", "gone:1:1");
  REQUIRE(journal->TakeUnfinished(kNever)->size() == 1);
  SetOwner(dir.path(), "lost", "gone:1:2");  // who was to count it died
  REQUIRE(journal->TakeUnfinished(kNever)->size() == 1);
  REQUIRE(journal->End("lost", kNever));
  CHECK(test::RawDatabase(dir.path()).Query("SELECT count(*) FROM calls_in_flight") == "0");
}

TEST_CASE("SqliteJournal: who is no more, by boot, id and start time; the oldest first") {
  test::TempDir dir;
  SystemClock clock;
  const auto journal = OpenJournalIn(dir.path(), clock);
  REQUIRE(journal->Begin(MakeKey(1), NoteOf("mine"), kNever));
  const std::string mine =
      *test::RawDatabase(dir.path()).Query("SELECT owner FROM calls_in_flight");
  const std::string pid = ":" + std::to_string(::getpid()) + ":";
  REQUIRE(mine.find(pid) != std::string::npos);
  const std::string boot = mine.substr(0, mine.find(':'));
  const std::vector<std::string> gone = {
      "00000000-0000-0000-0000-000000000000" + mine.substr(mine.find(':')),  // another boot
      boot + pid + "1",      // the id was given to another process
      boot + ":4999999:77",  // no such process: ids end at 2^22 (proc(5), pid_max)
      "damaged", boot + ":../1:1"};
  for (std::size_t i = 0; i < gone.size(); ++i) {
    const std::string id = "gone" + std::to_string(i);
    REQUIRE(journal->Begin(MakeKey(1), NoteOf(id, kBegun - i * 1s), kNever));
    SetOwner(dir.path(), id, gone[i]);
  }
  const auto told = journal->TakeUnfinished(kNever);
  REQUIRE(told);
  REQUIRE(told->size() == gone.size());
  for (std::size_t i = 0; i < gone.size(); ++i) {
    CHECK((*told)[i].id == "gone" + std::to_string(gone.size() - 1 - i));
  }
}

TEST_CASE("SqliteJournal: a call that ended is not told, and each site tells of its own") {
  test::TempDir dir;
  SystemClock clock;
  const auto journal = OpenJournalIn(dir.path(), clock);
  const auto other = OpenJournalIn(dir.path(), clock, KeySpace({.prefix = "other:"}));
  REQUIRE(journal->Begin(MakeKey(1), NoteOf("ended"), kNever));
  REQUIRE(journal->Begin(MakeKey(1), NoteOf("lost"), kNever));
  SetOwner(dir.path(), "ended", "gone:1:1");
  SetOwner(dir.path(), "lost", "gone:1:1");
  REQUIRE(journal->End("ended", kNever));
  CHECK(other->TakeUnfinished(kNever)->empty());
  CHECK(journal->TakeUnfinished(kNever)->size() == 1);
}

TEST_CASE("SqliteJournal: with a secret the plain digest is not on disk") {
  test::TempDir dir;
  SystemClock clock;
  const KeySpace keys({.prefix = "", .secret = Secret("a secret of many characters")});
  const auto journal = OpenJournalIn(dir.path(), clock, keys);
  REQUIRE(journal->Begin(MakeKey(1), NoteOf("one"), kNever));
  const auto name = test::RawDatabase(dir.path()).Query("SELECT name FROM calls_in_flight");
  CHECK(name == keys.NameOf(MakeKey(1)));
  CHECK(name != MakeKey(1).ToString());
}

TEST_CASE("SqliteJournal: without its table it fails, and says so once") {
  test::TempDir dir;
  SystemClock clock;
  test::RecordingLogger logger;
  const auto journal = OpenJournalIn(dir.path(), clock, KeySpace(), logger);
  test::RawDatabase(dir.path()).Query("ALTER TABLE calls_in_flight RENAME TO away");
  const auto begun = journal->Begin(MakeKey(1), NoteOf("one"), kNever);
  REQUIRE_FALSE(begun);
  CHECK(begun.error().code == ErrorCode::kStoreUnavailable);
  CHECK_FALSE(journal->End("one", kNever));
  CHECK_FALSE(journal->TakeUnfinished(kNever));
  CHECK(logger.Count(LogLevel::kWarn) == 1);
  test::RawDatabase(dir.path()).Query("ALTER TABLE away RENAME TO calls_in_flight");
  CHECK(journal->Begin(MakeKey(1), NoteOf("one"), kNever));
  CHECK(logger.lines().size() == 2);
}

TEST_CASE("OpenSqliteJournal: a file of version 3 gets the table and keeps its verdicts") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto verdicts = test::OpenStore(dir.path(), clock);
  CHECK(verdicts->Put(test::MakePut(MakeKey(1), 1h), kNever));
  test::MakeSchemaOlder(dir.path(), 3);
  const auto journal = OpenJournalIn(dir.path(), clock);
  CHECK(journal->Begin(MakeKey(1), NoteOf("one"), kNever));
  CHECK(verdicts->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(test::RawDatabase(dir.path()).Query("PRAGMA user_version") == test::kNewestSchema);
}

TEST_CASE("OpenSqliteJournal: a file of version 4 keeps its notes, and new ones have a lease") {
  test::TempDir dir;
  test::FakeClock clock;
  CallingChild without(dir.path(), "old");
  without.Kill();
  without.AwaitDeath();
  test::MakeSchemaOlder(dir.path(), 4);
  CallingChild with(dir.path(), "new", "a token");
  with.Kill();
  with.AwaitDeath();
  const auto notes = OpenJournalIn(dir.path(), clock)->TakeUnfinished(kNever);
  REQUIRE(notes);
  REQUIRE(notes->size() == 2);
  for (const CallNote& note : *notes) {
    CHECK(note.name == MakeKey(1).ToString());
    CHECK(note.lease_token == (note.id == "new" ? "a token" : ""));
  }
}
