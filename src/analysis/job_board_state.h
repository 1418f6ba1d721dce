#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

#include "vcache/analysis/job_board.h"
#include "vcache/core/mutex.h"
#include "vcache/core/periodic_task.h"
#include "vcache/core/thread_pool.h"

namespace vcache::analysis {

/// How long a state in the store counts without another: the owner repeats it each 20 s.
inline constexpr std::chrono::seconds kJobRepeat{20};
inline constexpr std::chrono::seconds kJobStale{60};
/// The shortest time between two states of a running job in the store.
inline constexpr std::chrono::seconds kJobPace{5};
/// How often the state of another replica's job is read for those who follow it here.
inline constexpr std::chrono::seconds kJobLook{2};

/// Shared with the callbacks of flights, which may outlive the board.
struct JobBoard::State : std::enable_shared_from_this<JobBoard::State> {
  /// The board's lock guards all of it.
  struct Job {
    explicit Job(const cache::CacheKey& of) : key(of) {}

    const cache::CacheKey key;
    std::string origin{};
    std::uint64_t change = 1;
    JobView now{};
    Progress progress{};
    bool is_promised = false;  ///< Somebody was told of the job.
    bool is_mirror = false;    ///< Another replica works on it.
    bool owns = false;         ///< This replica writes its state.
    std::uint64_t saved = 0;   ///< The last change in the store.
    SteadyTime acted{};        ///< When it was last written, or read as a mirror.
    std::map<std::uint64_t, std::function<void()>> watchers{};
  };
  using SharedJob = std::shared_ptr<Job>;
  using Calls = std::vector<std::function<void()>>;
  class Watching;
  struct Asker;

  State(AnalysisService& the_analysis, cache::JobStore* the_store, Clock& the_clock,
        const JobOptions& the_options)
      : analysis(the_analysis),
        store(the_store),
        clock(the_clock),
        options(the_options),
        writer(1, 4096),
        readers(4, 1024),
        rounds(the_clock) {}

  Deadline StoreDeadline() const { return Deadline::After(clock, options.store_timeout); }

  // What happens to a job of this process.
  SharedJob JobFor(const cache::CacheKey& key, bool& is_new) VCACHE_EXCLUDES(mutex);
  void Advance(const SharedJob& job, const Progress& progress, bool is_asked)
      VCACHE_EXCLUDES(mutex);
  void End(const SharedJob& job, const Result<Analysis>& result) VCACHE_EXCLUDES(mutex);

  // The store.
  void Save(const SharedJob& job, bool only_if_new) VCACHE_EXCLUDES(mutex);
  void SaveSoon(const SharedJob& job, bool only_if_new) VCACHE_EXCLUDES(mutex);
  void Look(const SharedJob& job) VCACHE_EXCLUDES(mutex);
  void LookSoon(const SharedJob& job) VCACHE_EXCLUDES(mutex);
  void Show(const SharedJob& job, JobView view) VCACHE_EXCLUDES(mutex);
  void FindStored(const cache::CacheKey& key, const Found& found) VCACHE_EXCLUDES(mutex);
  std::chrono::milliseconds Round() VCACHE_EXCLUDES(mutex);
  void StartRounds() VCACHE_EXCLUDES(mutex);

  // Helpers; the caller holds the lock.
  void Change(Job& job, Calls& calls) VCACHE_REQUIRES(mutex);
  void KeepEnded(const SharedJob& job) VCACHE_REQUIRES(mutex);

  AnalysisService& analysis;
  cache::JobStore* const store;
  Clock& clock;
  const JobOptions options;
  Mutex mutex;
  bool stopped VCACHE_GUARDED_BY(mutex) = false;
  std::uint64_t last_watcher VCACHE_GUARDED_BY(mutex) = 0;
  std::unordered_map<cache::CacheKey, SharedJob> jobs VCACHE_GUARDED_BY(mutex);
  std::deque<SharedJob> ended VCACHE_GUARDED_BY(mutex);  ///< The oldest first.
  ThreadPool writer;                                     ///< One thread: states stay in order.
  ThreadPool readers;
  PeriodicTask rounds;
};

JobView LostJob();
/// What the store knows, or that nobody works on it any more.
JobView ViewOf(const cache::JobState& state, WallTime now);

}  // namespace vcache::analysis
