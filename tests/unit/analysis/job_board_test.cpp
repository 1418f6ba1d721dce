#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "unit/analysis/shared_store_fixture.h"
#include "vcache/analysis/job_board.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::AnalysisService;
using analysis::JobBoard;
using analysis::JobView;
using Known = std::optional<Result<analysis::Analysis>>;

namespace {

/// States of jobs in memory, as replicas share them.
class FakeJobStore final : public cache::JobStore {
 public:
  Result<bool> Write(const cache::JobWrite& write, Deadline) override {
    const std::lock_guard lock(mutex_);
    ++writes;
    if (write.only_if_new && states_.count(write.key.ToString()) > 0) return false;
    states_[write.key.ToString()] = cache::EncodeJob(write.state);
    return true;
  }
  Result<std::optional<cache::JobState>> Read(const cache::CacheKey& key, Deadline) override {
    const std::lock_guard lock(mutex_);
    const auto found = states_.find(key.ToString());
    if (found == states_.end()) return std::optional<cache::JobState>();
    return cache::DecodeJob(found->second);
  }

  int writes = 0;  // guarded by mutex_, until the board has stopped

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> states_;  // guarded by mutex_
};

struct JobFixture : test::OneVendorFixture {
  JobFixture() : service(tiers, panel, nobody, clock, {}, {&shared, &notifier}) {
    HoldTheVendor(gate);
  }
  ~JobFixture() { gate.Open(); }

  Known Begin(JobBoard& board, std::string_view text) {
    std::promise<Known> begun;
    board.Begin(test::TextContent(text), [&](Known known) { begun.set_value(std::move(known)); });
    return begun.get_future().get();
  }
  Result<JobView> Find(JobBoard& board, std::string_view text) {
    std::promise<Result<JobView>> found;
    board.Find(test::TextContent(text).key,
               [&](Result<JobView> view) { found.set_value(std::move(view)); });
    return found.get_future().get();
  }

  test::Gate gate;
  FakeJobStore states;
  AnalysisService service;
};

}  // namespace

TEST_CASE_FIXTURE(JobFixture, "JobBoard: new content becomes one job, which everybody joins") {
  JobBoard board(service, &states, clock);
  CHECK(!Begin(board, "new"));
  CHECK(!Begin(board, "new"));
  gate.AwaitArrivals(1);
  CHECK(Find(board, "new")->phase == JobView::Phase::kRunning);
  gate.Open();
  REQUIRE(service.Drain(Deadline::Never()));
  const auto done = Find(board, "new");
  REQUIRE(done->phase == JobView::Phase::kDone);
  CHECK(done->result->entry->verdict.ai_score == 77);
  CHECK(vendor->calls == 1);
}

TEST_CASE_FIXTURE(JobFixture, "JobBoard: known content is answered at once and writes no state") {
  gate.Open();
  REQUIRE(service.Analyze(test::TextContent("known"), Deadline::Never()));
  JobBoard board(service, &states, clock);
  const Known known = Begin(board, "known");
  REQUIRE(known);
  CHECK((*known)->status == analysis::CacheStatus::kHit);
  CHECK(Find(board, "known")->phase == JobView::Phase::kDone);
  board.Stop();
  CHECK(states.writes == 0);
}

TEST_CASE_FIXTURE(JobFixture, "JobBoard: whoever follows hears of the end") {
  JobBoard board(service, &states, clock);
  CHECK(!Begin(board, "followed"));
  std::promise<void> ended;
  std::atomic<bool> may_end{false};
  const auto watch = board.Follow(test::TextContent("followed").key, [&] {
    if (may_end.exchange(false)) ended.set_value();
  });
  gate.AwaitArrivals(1);
  CHECK(!watch->view().is_final());
  const std::string before = watch->view().id;
  may_end = true;
  gate.Open();
  ended.get_future().wait();
  CHECK(watch->view().result.has_value());
  CHECK(watch->view().id != before);
}

TEST_CASE_FIXTURE(JobFixture, "JobBoard: another board reads the state, until it is stale") {
  JobBoard owner(service, &states, clock);
  CHECK(!Begin(owner, "shared"));
  gate.AwaitArrivals(1);
  owner.Stop();  // what it had to write is written
  JobBoard other(service, &states, clock);
  const auto running = Find(other, "shared");
  REQUIRE(running);
  CHECK(running->phase == JobView::Phase::kRunning);
  CHECK(!running->id.empty());
  clock.Advance(61s);
  CHECK(Find(other, "shared")->phase == JobView::Phase::kLost);
  CHECK(Find(other, "never sent").error().code == ErrorCode::kNotFound);
}

TEST_CASE_FIXTURE(JobFixture, "JobBoard: a failed job says why") {
  vendor->answer = [this](const auto&) {
    gate.Pass();
    return Result<detection::Detection>(
        Error{ErrorCode::kVendorRefused, "The vendor refused.", Charge::kNone});
  };
  JobBoard board(service, nullptr, clock);
  CHECK(!Begin(board, "refused"));
  gate.AwaitArrivals(1);
  gate.Open();
  REQUIRE(service.Drain(Deadline::Never()));
  const auto failed = Find(board, "refused");
  REQUIRE(failed);
  CHECK(failed->phase == JobView::Phase::kFailed);
  CHECK(failed->error->code == ErrorCode::kVendorRefused);
}

TEST_CASE("JobState: survives the store, and damage is no state") {
  cache::JobState state;
  state.phase = cache::JobState::Phase::kFailed;
  state.stage = "sending";
  state.percent = 40;
  state.origin = "abc0";
  state.change = 7;
  state.error = Error{ErrorCode::kBudgetExhausted, "Spent.", Charge::kNone, 60s};
  const auto read = cache::DecodeJob(cache::EncodeJob(state));
  REQUIRE(read);
  CHECK(read->phase == state.phase);
  CHECK(read->stage == "sending");
  CHECK(read->percent == 40);
  CHECK(read->change == 7);
  CHECK(read->error->code == ErrorCode::kBudgetExhausted);
  CHECK(read->error->retry_after == 60s);
  for (const char* const damaged :
       {"", "{}", "[]", R"({"v":2})",
        R"({"v":1,"phase":"running","stage":"x","origin":"a\nb","change":1,"atMs":0})",
        R"({"v":1,"phase":"odd","stage":"x","origin":"ab","change":1,"atMs":0})",
        R"({"v":1,"phase":"running","stage":"x","origin":"ab","change":-1,"atMs":0})"}) {
    CHECK(!cache::DecodeJob(damaged));
  }
}
