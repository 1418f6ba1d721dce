#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vcache/analysis/analysis_observer.h"
#include "vcache/analysis/budget.h"
#include "vcache/cache/call_journal.h"
#include "vcache/cache/lease_notifier.h"
#include "vcache/cache/lease_store.h"
#include "vcache/cache/tiers/tiered_store.h"
#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::analysis {

/// How an answer came about; the value of `X-Cache`.
enum class CacheStatus { kHit, kMiss, kCoalesced };
std::string_view CacheStatusName(CacheStatus status) noexcept;  ///< `HIT`, `MISS`, `COALESCED`

/// A content to judge: bytes of a file or a canonical text. The paid call may outlive the request,
/// so the content is shared with it.
struct Content {
  cache::CacheKey key;
  std::optional<content::MediaType> media_type;  ///< Files only.
  std::uint32_t pictures = 1;                    ///< Images only: `content::MediaIdentity`.
  std::shared_ptr<const content::Spool> file;    ///< Files only.
  std::string text;                              ///< Texts only, canonical.
  std::size_t characters = 0;
  std::uint64_t bytes = 0;
  std::string file_name;  ///< As the client called it; for logs and the answer, nothing else.
};

struct Analysis {
  cache::SharedEntry entry;
  CacheStatus status = CacheStatus::kMiss;
  std::optional<cache::Tier> tier;   ///< On a hit.
  std::chrono::milliseconds ttl{0};  ///< Remaining life of the entry.
  bool life_known = true;            ///< False: nobody knows its life, and `ttl` says nothing.
  bool stored = false;               ///< On a miss: whether it is kept anywhere.
  /// What the call did not cost that was not made for it: the price of the one that made the
  /// verdict; of a verdict of other software, the price of such a call now.
  std::int64_t saved_micros = 0;
};

struct AnalysisOptions {
  std::chrono::seconds ttl_analysis{604'800};
  std::chrono::seconds ttl_text{2'592'000};
  std::chrono::seconds partial_ttl{3'600};
  /// How long a store may take to answer a look-up or to keep a verdict.
  std::chrono::milliseconds store_timeout{5'000};
  /// The longest that a paid call may take, whoever waits for it; a lease lasts for this and
  /// `lease_margin`, in which the verdict is kept.
  std::chrono::milliseconds call_timeout{180'000};
  std::chrono::milliseconds lease_margin{10'000};
  /// Paid calls in flight at once; one more is refused with kOverloaded.
  std::size_t max_flights = 256;
  /// Callers that wait for somebody else's call at once; one more is refused with kOverloaded.
  std::size_t max_waiters = 10'000;
  /// How long a content is left alone after a call for it failed: the first time, and at most,
  /// since each failure doubles it. 0 for not at all.
  std::chrono::seconds failure_pause{1};
  std::chrono::seconds longest_failure_pause{30};
  /// Paid calls begun in any minute while the store is unavailable; one more is refused with
  /// kOverloaded. 0 for no limit.
  std::size_t outage_calls_per_minute = 0;
  /// Longer videos are refused with kVideoTooLong; 0 for no limit.
  std::chrono::seconds longest_video{0};
  /// An analysis that can cost more is refused with kTooExpensive; empty for no limit.
  std::optional<std::int64_t> dearest_call_micros{};
  /// `CACHE_SAME_DETECTORS`: a verdict of other detectors is a miss.
  bool same_detectors = false;
};

/// What keeps replicas from paying for the same content, and all from paying too much; each may be
/// missing (null), and must outlive the service.
struct Safeguards {
  cache::LeaseStore* leases = nullptr;    ///< Without it there are no other replicas.
  cache::LeaseNotifier* news = nullptr;   ///< Needed with `leases`.
  Budget* budget = nullptr;               ///< Without it there is no limit.
  cache::CallJournal* journal = nullptr;  ///< Without it a crash tells nothing of paid calls.
};

/// Decides: look up, join, pay, keep. It does not hash, speak to stores' protocols, parse JSON or
/// render HTTP. Thread-safe.
class AnalysisService {
 public:
  /// All references must outlive the service.
  AnalysisService(cache::TieredStore& store, const detection::DetectorPanel& panel,
                  AnalysisObserver& observer, Clock& clock, AnalysisOptions options,
                  Safeguards safeguards = {});
  /// Waits for the paid calls in flight, so that what is paid for is kept.
  ~AnalysisService();

  /// The verdict of a content, from a tier, from a call already in flight, or from a call paid for
  /// now. Blocks until `deadline` at most; leaving early cancels nothing. Errors:
  /// kVendorNotConfigured, those of `Detector`, kVideoTooLong, kTooExpensive, kBudgetExhausted,
  /// kOverloaded, kShuttingDown, kDeadlineExceeded.
  Result<Analysis> Analyze(Content content, Deadline deadline);

  /// What is known, without ever paying. Counted as a look-up: anybody can ask as often as they
  /// like, so it is no hit, and saves nothing. kNotCached, kStoreUnavailable.
  Result<Analysis> Find(const cache::CacheKey& key, Deadline deadline);

  /// The service is asked to stop: no new paid calls from now on, and whoever waits for one gets
  /// kShuttingDown at `deadline` at the latest. The calls themselves run on.
  void StopBy(Deadline deadline);

  /// `StopBy`, then waits until no paid call is in flight. False when `deadline` came first.
  bool Drain(Deadline deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::analysis
