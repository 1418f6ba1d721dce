#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "vcache/analysis/analysis_service.h"
#include "vcache/cache/job_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/result.h"

namespace vcache::analysis {

/// An asynchronous analysis as whoever asks for it sees it.
struct JobView {
  enum class Phase {
    kRunning,
    kDone,
    kFailed,
    kLost,  ///< The replica that worked on it is gone, or the verdict is: begin anew.
  };
  Phase phase = Phase::kRunning;
  Stage stage = Stage::kReceived;
  int percent = 0;
  /// Another one for each other view; hex digits, letters and `-`. Empty: nothing is known yet.
  std::string id{};
  std::optional<Analysis> result{};  ///< Of kDone.
  std::optional<Error> error{};      ///< Of kFailed.

  bool is_final() const noexcept { return phase != Phase::kRunning; }
};

struct JobOptions {
  /// Ended jobs whose result is held here; those before are found in the stores.
  std::size_t max_ended = 256;
  std::chrono::milliseconds store_timeout{5'000};
};

/// Asynchronous analyses, one for each content: who asks for one that runs joins it. A job does not
/// end when nobody asks for it any more. Its state is written to the shared store, where other
/// replicas read it. Thread-safe.
class JobBoard {
 public:
  /// A null store: only this process knows its jobs; verdicts are found by everybody. All must
  /// outlive the board; the analysis may still end jobs of a board that is gone.
  JobBoard(AnalysisService& analysis, cache::JobStore* store, Clock& clock,
           JobOptions options = {});
  ~JobBoard();

  /// Called once, on any thread: with the result if it was there before anybody had to be asked or
  /// waited for, else empty: then a job goes on. It must not block.
  using Begun = std::function<void(std::optional<Result<Analysis>>)>;
  /// Called once, if a job went on, with its end.
  using Ended = std::function<void(const Result<Analysis>&)>;
  void Begin(Content content, Begun begun, Ended ended = {});

  /// Called once, on any thread; it must not block. Errors: kNotFound, kStoreUnavailable,
  /// kOverloaded.
  using Found = std::function<void(Result<JobView>)>;
  void Find(const cache::CacheKey& key, Found found);

  /// Follows a job until it is destroyed.
  class Watch {
   public:
    virtual ~Watch() = default;
    virtual JobView view() const = 0;
  };
  /// `changed` is called on any thread after each change; it must not block. For a job that `Find`
  /// has found.
  std::unique_ptr<Watch> Follow(const cache::CacheKey& key, std::function<void()> changed);

  /// Writes what the store does not know yet. Afterwards the board begins nothing in the store.
  void Stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace vcache::analysis
