// What the board writes to the shared store, and reads of other replicas' jobs there.
#include <array>
#include <utility>

#include "analysis/job_board_state.h"

namespace vcache::analysis {
namespace {

using ViewPhase = JobView::Phase;
using StoredPhase = cache::JobState::Phase;
constexpr std::array kStages{Stage::kReceived,       Stage::kNotKnown, Stage::kWaitingForReplica,
                             Stage::kWaitingForTurn, Stage::kSending,  Stage::kVendorWorking};
constexpr std::chrono::milliseconds kRoundPause{1'000};

}  // namespace

JobView LostJob() {
  JobView view;
  view.phase = ViewPhase::kLost;
  view.id = "lost";
  return view;
}

JobView ViewOf(const cache::JobState& state, WallTime now) {
  // A verdict that is done is found before anybody asks for the job.
  const bool is_stale = state.phase == StoredPhase::kRunning && now - state.at >= kJobStale;
  if (is_stale || state.phase == StoredPhase::kDone) return LostJob();
  JobView view;
  if (state.phase == StoredPhase::kFailed) view.phase = ViewPhase::kFailed;
  for (const Stage stage : kStages) {
    if (state.stage == StageName(stage)) view.stage = stage;
  }
  view.percent = state.percent;
  view.error = state.error;
  view.id = state.origin + "-" + std::to_string(state.change);
  return view;
}

void JobBoard::State::Save(const SharedJob& job, bool only_if_new) {
  cache::JobWrite write;
  write.only_if_new = only_if_new;
  {
    const MutexLock lock(mutex);
    const JobView& now = job->now;
    write.key = job->key;
    write.state = {.phase = now.phase == ViewPhase::kDone     ? StoredPhase::kDone
                            : now.phase == ViewPhase::kFailed ? StoredPhase::kFailed
                                                              : StoredPhase::kRunning,
                   .stage = std::string(StageName(now.stage)),
                   .percent = now.percent,
                   .origin = job->origin,
                   .change = job->change,
                   .error = now.error,
                   .at = clock.WallNow()};
    job->acted = clock.Now();
  }
  const Result<bool> written = store->Write(write, StoreDeadline());
  const MutexLock lock(mutex);
  if (!written) return;  // the next round tries again
  if (*written) {
    job->owns = true;
    job->saved = write.state.change;
  }
}

void JobBoard::State::SaveSoon(const SharedJob& job, bool only_if_new) {
  if (store == nullptr) return;
  const MutexLock lock(mutex);
  if (stopped) return;
  const bool ignored = writer.Submit(
      [state = shared_from_this(), job, only_if_new] { state->Save(job, only_if_new); });
  (void)ignored;  // the next round tries again
}

/// Reads how far another replica is.
void JobBoard::State::Look(const SharedJob& job) {
  const auto known = store->Read(job->key, StoreDeadline());
  if (!known) return;  // the next round tries again
  JobView view = *known ? ViewOf(**known, clock.WallNow()) : LostJob();
  if (!view.is_final()) return Show(job, std::move(view));
  analysis.FindLater(job->key, StoreDeadline(),
                     [state = shared_from_this(), job, view](Result<Analysis> found) {
                       if (!found) return state->Show(job, view);
                       JobView done;
                       done.phase = ViewPhase::kDone;
                       done.stage = Stage::kVendorWorking;
                       done.id = "done";
                       done.result = *std::move(found);
                       state->Show(job, std::move(done));
                     });
}

void JobBoard::State::LookSoon(const SharedJob& job) {
  const MutexLock lock(mutex);
  if (store == nullptr || stopped || !job->is_mirror || job->now.is_final()) return;
  job->acted = clock.Now();
  const bool ignored = readers.Submit([state = shared_from_this(), job] { state->Look(job); });
  (void)ignored;  // the next round tries again
}

void JobBoard::State::Show(const SharedJob& job, JobView view) {
  Calls calls;
  {
    const MutexLock lock(mutex);
    if (!job->is_mirror || job->now.is_final() || job->now.id == view.id) return;
    job->now = std::move(view);
    for (const auto& [number, changed] : job->watchers) calls.push_back(changed);
  }
  for (const auto& changed : calls) changed();
}

void JobBoard::State::StartRounds() {
  if (store == nullptr) return;
  {
    const MutexLock lock(mutex);
    if (stopped) return;
  }
  rounds.Start(kRoundPause, [this] { return Round(); });
}

std::chrono::milliseconds JobBoard::State::Round() {
  std::vector<SharedJob> to_save;
  std::vector<SharedJob> to_look;
  {
    const MutexLock lock(mutex);
    const SteadyTime now = clock.Now();
    for (const auto& [key, job] : jobs) {
      const auto since = now - job->acted;
      if (job->is_mirror) {
        if (since >= kJobLook) to_look.push_back(job);
      } else if (job->owns) {
        const bool is_new = job->change != job->saved && since >= kJobPace;
        if (is_new || (!job->now.is_final() && since >= kJobRepeat)) to_save.push_back(job);
      }
    }
  }
  for (const SharedJob& job : to_save) SaveSoon(job, /*only_if_new=*/false);
  for (const SharedJob& job : to_look) LookSoon(job);
  return kRoundPause;
}

}  // namespace vcache::analysis
