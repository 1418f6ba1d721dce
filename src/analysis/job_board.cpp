#include "vcache/analysis/job_board.h"

#include <atomic>
#include <utility>

#include "analysis/job_board_state.h"
#include "vcache/core/random_id.h"

namespace vcache::analysis {
namespace {

using cache::CacheKey;
using Phase = JobView::Phase;

Error NoSuchJob() {
  return {ErrorCode::kNotFound, "No such job is known; send the content again."};
}

/// Whether this replica itself carries out the paid call.
bool IsPaidHere(Stage stage) {
  return stage == Stage::kWaitingForTurn || stage == Stage::kSending ||
         stage == Stage::kVendorWorking;
}

JobView DoneView(Analysis analysis) {
  JobView view;
  view.phase = Phase::kDone;
  view.stage = Stage::kVendorWorking;
  view.id = "done";
  view.result = std::move(analysis);
  return view;
}

}  // namespace

/// One request for a job; answered once.
struct JobBoard::State::Asker {
  explicit Asker(Begun the_begun) : begun(std::move(the_begun)) {}

  void Answer(std::optional<Result<Analysis>> known) {
    if (answered.exchange(true)) return;
    // What it holds of the request is let go of now, not when the job ends.
    std::exchange(begun, {})(std::move(known));
  }

  std::atomic<bool> answered{false};
  Begun begun;
};

class JobBoard::State::Watching final : public Watch {
 public:
  Watching(std::shared_ptr<State> state, SharedJob job, std::uint64_t number)
      : state_(std::move(state)), job_(std::move(job)), number_(number) {}
  ~Watching() override {
    std::function<void()> left;  // destroyed without the lock
    const MutexLock lock(state_->mutex);
    const auto found = job_->watchers.find(number_);
    left.swap(found->second);
    job_->watchers.erase(found);
    if (job_->is_mirror && job_->watchers.empty()) {
      const auto mirror = state_->jobs.find(job_->key);
      if (mirror != state_->jobs.end() && mirror->second == job_) state_->jobs.erase(mirror);
    }
  }
  JobView view() const override {
    const MutexLock lock(state_->mutex);
    return job_->now;
  }

 private:
  const std::shared_ptr<State> state_;
  const SharedJob job_;
  const std::uint64_t number_;
};

JobBoard::JobBoard(AnalysisService& analysis, cache::JobStore* store, Clock& clock,
                   JobOptions options)
    : state_(std::make_shared<State>(analysis, store, clock, options)) {}

JobBoard::~JobBoard() {
  Stop();
}

void JobBoard::Begin(Content content, Begun begun, Ended ended) {
  const auto asker = std::make_shared<State::Asker>(std::move(begun));
  bool is_new = false;
  const State::SharedJob job = state_->JobFor(content.key.Usual(), is_new);
  AnalysisService::Attendance attendance;
  attendance.is_patient = true;
  attendance.progress = [state = state_, job, asker](const Progress& progress) {
    const bool waits = progress.stage != Stage::kReceived;
    state->Advance(job, progress, waits && !asker->answered.load());
    if (waits) asker->Answer(std::nullopt);
  };
  // Who joins waits too, so that what was saved is counted.
  auto done = [state = state_, job, asker, is_new,
               ended = std::move(ended)](Result<Analysis> result) {
    if (is_new) state->End(job, result);
    if (ended && asker->answered.load()) ended(result);
    asker->Answer(std::move(result));
  };
  state_->analysis.AnalyzeLater(std::move(content), Deadline::Never(), std::move(done),
                                std::move(attendance));
}

void JobBoard::Find(const CacheKey& key, Found found) {
  std::optional<JobView> local;
  {
    const MutexLock lock(state_->mutex);
    const auto job = state_->jobs.find(key);
    if (job != state_->jobs.end() && !job->second->is_mirror) local = job->second->now;
  }
  if (local && local->phase != Phase::kFailed) return found(*std::move(local));
  // Somebody else may have paid since, or before the process began.
  state_->analysis.FindLater(
      key, state_->StoreDeadline(),
      [state = state_, key, local, found = std::move(found)](Result<Analysis> known) {
        if (known) return found(DoneView(*std::move(known)));
        if (local) return found(*local);
        if (state->store == nullptr) return found(NoSuchJob());
        state->FindStored(key, found);
      });
}

std::unique_ptr<JobBoard::Watch> JobBoard::Follow(const CacheKey& key,
                                                  std::function<void()> changed) {
  State::SharedJob job;
  std::uint64_t number = 0;
  {
    const MutexLock lock(state_->mutex);
    State::SharedJob& place = state_->jobs[key];
    if (place == nullptr) {
      place = std::make_shared<State::Job>(key);
      place->is_mirror = true;
    }
    job = place;
    number = ++state_->last_watcher;
    job->watchers.emplace(number, std::move(changed));
  }
  auto watch = std::make_unique<State::Watching>(state_, job, number);
  state_->StartRounds();
  state_->LookSoon(job);
  return watch;
}

void JobBoard::Stop() {
  {
    const MutexLock lock(state_->mutex);
    if (state_->stopped) return;
    state_->stopped = true;
  }
  state_->rounds.Stop();
  state_->readers.Stop();
  state_->writer.Stop();
}

JobBoard::State::SharedJob JobBoard::State::JobFor(const CacheKey& key, bool& is_new) {
  const MutexLock lock(mutex);
  SharedJob& place = jobs[key];
  is_new = place == nullptr || place->is_mirror || place->now.is_final();
  if (!is_new) return place;
  // Who follows another replica's job here follows this one now.
  if (place == nullptr || place->now.is_final()) place = std::make_shared<Job>(key);
  place->is_mirror = false;
  place->now = JobView{};
  place->origin = RandomId();
  place->now.id = place->origin + "-1";
  return place;
}

void JobBoard::State::Change(Job& job, Calls& calls) {
  ++job.change;
  if (job.now.phase != Phase::kDone) job.now.id = job.origin + "-" + std::to_string(job.change);
  for (const auto& [number, changed] : job.watchers) calls.push_back(changed);
}

void JobBoard::State::Advance(const SharedJob& job, const Progress& progress, bool is_asked) {
  Calls calls;
  bool is_first = false;
  {
    const MutexLock lock(mutex);
    if (job->now.is_final()) return;
    is_first = is_asked && !job->is_promised;
    job->is_promised = job->is_promised || is_asked;
    if (IsPaidHere(progress.stage)) job->owns = true;
    if (progress.change > job->progress.change) {
      job->progress = progress;
      job->now.stage = progress.stage;
      job->now.percent = progress.percent;
      Change(*job, calls);
    }
  }
  for (const auto& changed : calls) changed();
  if (is_first) {
    StartRounds();
    SaveSoon(job, /*only_if_new=*/true);
  }
}

void JobBoard::State::End(const SharedJob& job, const Result<Analysis>& result) {
  Calls calls;
  bool owns = false;
  {
    const MutexLock lock(mutex);
    owns = job->owns;
    if (result) {
      job->now = DoneView(*result);
    } else if (job->owns || store == nullptr) {
      job->now.phase = Phase::kFailed;
      job->now.error = result.error();
    } else {
      // Another replica has the job: what ended here is only the wait for it.
      job->is_mirror = true;
    }
    if (!job->is_mirror) Change(*job, calls);
    if (!job->is_promised || (job->is_mirror && job->watchers.empty())) {
      const auto place = jobs.find(job->key);
      if (place != jobs.end() && place->second == job) jobs.erase(place);
      if (!job->is_promised) return;
    } else if (!job->is_mirror) {
      KeepEnded(job);
    }
  }
  for (const auto& changed : calls) changed();
  if (owns) SaveSoon(job, /*only_if_new=*/false);
}

void JobBoard::State::KeepEnded(const SharedJob& job) {
  ended.push_back(job);
  while (ended.size() > options.max_ended) {
    const SharedJob oldest = std::move(ended.front());
    ended.pop_front();
    const auto place = jobs.find(oldest->key);
    if (place != jobs.end() && place->second == oldest) jobs.erase(place);
  }
}

void JobBoard::State::FindStored(const CacheKey& key, const Found& found) {
  bool taken = false;
  {
    const MutexLock lock(mutex);
    taken = !stopped && readers.Submit([state = shared_from_this(), key, found] {
      const auto known = state->store->Read(key, state->StoreDeadline());
      if (!known) return found(known.error());
      if (!*known) return found(NoSuchJob());
      found(ViewOf(**known, state->clock.WallNow()));
    });
  }
  if (taken) return;
  found(ForEverybody({.code = ErrorCode::kOverloaded,
                      .message = "Too many requests wait for the cache; ask again in a moment.",
                      .retry_after = std::chrono::seconds(1)}));
}

}  // namespace vcache::analysis
