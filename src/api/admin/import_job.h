#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/routes.h"
#include "vcache/cache/entry_store.h"
#include "vcache/core/mutex.h"
#include "vcache/core/result.h"

namespace vcache::api {

/// What became of the lines of an import.
struct ImportReport {
  struct Refusal {
    std::uint64_t line = 0;  ///< From 1.
    std::string reason;
  };
  /// Further refusals are only counted.
  static constexpr std::size_t kShownRefusals = 20;

  std::uint64_t lines = 0;  ///< Those of entries.
  std::uint64_t imported = 0;
  std::uint64_t kept = 0;
  std::uint64_t refused = 0;
  std::vector<Refusal> refusals;
  bool is_complete = false;  ///< The last line was the end of a complete export.

  void Refuse(std::uint64_t line, std::string reason);
};

/// The lines of one import: cut from the body as it comes, then checked and stored in batches by a
/// thread of the waiting pool. It holds two batches at most, and says when it is full. Thread-safe,
/// but `Take` and `Finish` are for one thread at a time.
class ImportJob : public std::enable_shared_from_this<ImportJob> {
 public:
  using Outcome = Result<ImportReport>;

  /// `state` outlives its pool's tasks, and therefore this is no owner of it.
  ImportJob(const ApiState& state, cache::EntryStore& entries);
  ~ImportJob();

  /// A piece of the body. Error: the store has failed; nothing more is taken.
  Result<void> Take(std::string_view piece) VCACHE_EXCLUDES(mutex_);
  bool IsFull() VCACHE_EXCLUDES(mutex_);
  /// `told` is called when it is not full any more; at once if it is not.
  void WhenRoom(std::function<void()> told) VCACHE_EXCLUDES(mutex_);
  /// The body is complete. `done` is called once, by another thread.
  void Finish(std::function<void(Outcome)> done) VCACHE_EXCLUDES(mutex_);

 private:
  struct Line {
    std::uint64_t number = 0;
    std::string text;  ///< Empty: it was too long.
  };
  using Batch = std::vector<Line>;

  void EndLine() VCACHE_REQUIRES(mutex_);
  bool NeedsThread() VCACHE_REQUIRES(mutex_);
  void Start();
  void Work() VCACHE_EXCLUDES(mutex_);
  std::optional<Batch> NextBatch() VCACHE_EXCLUDES(mutex_);
  Result<void> Store(const Batch& batch);
  void Fail(Error error) VCACHE_EXCLUDES(mutex_);
  void TellDone() VCACHE_EXCLUDES(mutex_);
  void LeaveCount();

  const ApiState& state_;
  cache::EntryStore& entries_;
  std::atomic<bool> is_counted_{true};  ///< Among the imports under way.
  ImportReport report_;                 ///< Of the thread that works.

  Mutex mutex_;
  std::string rest_ VCACHE_GUARDED_BY(mutex_);  ///< The line whose end has not come yet.
  bool is_too_long_ VCACHE_GUARDED_BY(mutex_) = false;
  std::uint64_t number_ VCACHE_GUARDED_BY(mutex_) = 0;
  Batch waiting_ VCACHE_GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ VCACHE_GUARDED_BY(mutex_) = 0;
  bool works_ VCACHE_GUARDED_BY(mutex_) = false;
  std::optional<Error> failed_ VCACHE_GUARDED_BY(mutex_);
  std::function<void()> told_ VCACHE_GUARDED_BY(mutex_);
  std::function<void(Outcome)> done_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::api
