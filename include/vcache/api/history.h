#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "vcache/cache/history_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"
#include "vcache/core/periodic_task.h"

namespace vcache::api {

struct HistoryOptions {
  std::string name = "histories";  ///< In log lines.
  std::size_t entries = 100;       ///< Of one owner; the store keeps as many.
  bool file_names = true;          ///< Whether records have the names of files.
  /// How often records move to the store. A killed process loses at most one interval's.
  std::chrono::milliseconds flush_interval{10'000};
  std::chrono::milliseconds store_timeout{2'000};
  std::size_t max_waiting = 10'000;  ///< Records that wait for the store; older ones go first.
};

/// What each user has had analysed, or what administrators have changed. Records wait in memory and
/// move to the store together, so that nobody waits for it; they can be read at once on this
/// replica, and on others after a flush. Thread-safe; store, clock and logger must outlive it.
class History {
 public:
  History(HistoryOptions options, cache::HistoryStore& store, Clock& clock, Logger& logger);
  ~History();

  void Start();
  /// Ends the thread and flushes once more. Idempotent.
  void Stop();

  /// Never waits.
  void Note(const std::string& owner, cache::HistoryRecord record);
  /// All records of an owner, the newest first. This and what follows waits for the store; errors:
  /// kStoreUnavailable.
  Result<std::vector<cache::HistoryRecord>> Read(const std::string& owner);
  /// False: there is none with this id.
  Result<bool> Remove(const std::string& owner, const std::string& id);
  /// How many records there were.
  Result<std::size_t> Erase(const std::string& owner);
  /// A later flush tries again what the store refuses.
  void Flush();

  bool keeps_file_names() const noexcept { return options_.file_names; }

 private:
  using Waiting = std::map<std::string, std::vector<cache::HistoryRecord>>;

  Deadline StoreDeadline() const;
  void MakeRoom() VCACHE_REQUIRES(mutex_);
  std::vector<cache::HistoryRecord> WaitingOf(const std::string& owner);
  void ReportLocked(const Result<void>& written) VCACHE_REQUIRES(flush_mutex_);

  const HistoryOptions options_;
  cache::HistoryStore& store_;
  Clock& clock_;
  Logger& logger_;

  /// Held while records move. It comes before `mutex_`, which is held for moments.
  Mutex flush_mutex_;
  bool refused_ VCACHE_GUARDED_BY(flush_mutex_) = false;  ///< One warning per change of state.
  Mutex mutex_;
  Waiting waiting_ VCACHE_GUARDED_BY(mutex_);
  Waiting moving_ VCACHE_GUARDED_BY(mutex_);         ///< On their way to the store; still told.
  std::size_t count_ VCACHE_GUARDED_BY(mutex_) = 0;  ///< Of `waiting_`.

  PeriodicTask flushing_;  // the last member: its thread uses the others
};

}  // namespace vcache::api
