#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vcache/analysis/allowance.h"
#include "vcache/analysis/analysis_observer.h"
#include "vcache/analysis/budget.h"
#include "vcache/analysis/progress.h"
#include "vcache/cache/call_journal.h"
#include "vcache/cache/lease_notifier.h"
#include "vcache/cache/lease_store.h"
#include "vcache/cache/tiers/tiered_store.h"
#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/usd.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::analysis {

/// How an answer came about; the value of `X-Cache`.
enum class CacheStatus { kHit, kMiss, kCoalesced, kBypass };
/// `HIT`, `MISS`, `COALESCED`, `BYPASS`
std::string_view CacheStatusName(CacheStatus status) noexcept;

/// What a caller asks of the cache besides the usual. Whether it may is not decided here.
struct CacheUse {
  /// A verdict that was stored longer ago is not good enough: the content is analysed anew, and the
  /// new verdict replaces it. If the new call fails, the old one stays. 0: none is good enough but
  /// that of a call under way.
  std::optional<std::chrono::seconds> max_age{};
  /// Nothing that is stored is read, and the verdict is not stored. Wins over `max_age`.
  bool no_store = false;
  /// As without a cache: nothing that is stored is the answer, and the call is shared with nobody.
  /// What would have been answered is counted, and what is not known yet is stored.
  bool shadow = false;

  /// Whether what is stored cannot be the answer.
  bool ignores_stored() const noexcept { return no_store || shadow; }

  friend bool operator==(const CacheUse&, const CacheUse&) = default;
};

/// A content to judge: the bytes of a file or a canonical text. The request shares it with the paid
/// call, which may outlive the request.
struct Content {
  cache::CacheKey key;
  std::optional<content::MediaType> media_type;  ///< Files only.
  std::uint32_t pictures = 1;                    ///< Images only: `content::MediaIdentity`.
  std::shared_ptr<const content::Spool> file;    ///< Files only.
  std::string text;                              ///< Texts only, canonical.
  std::size_t characters = 0;
  std::uint64_t bytes = 0;
  std::string file_name;  ///< The client's name for it; only for logs and the answer.
  /// On whose behalf it may be paid for; null: without a limit.
  std::shared_ptr<Allowance> allowance{};
  CacheUse use{};
  std::string trace_parent{};  ///< Of the request, for vendors that take part in its trace.
  std::uint64_t alone = 0;     ///< The service's: not 0, its flight is shared with nobody.
};

struct Analysis {
  cache::SharedEntry entry;
  CacheStatus status = CacheStatus::kMiss;
  std::optional<cache::Tier> tier;   ///< On a hit.
  std::chrono::milliseconds ttl{0};  ///< Remaining life of the entry.
  bool life_known = true;            ///< False: the life is unknown and `ttl` means nothing.
  bool stored = false;               ///< On a miss: whether a store keeps it.
  bool replaced = false;             ///< On a miss: a stored verdict was not good enough.
  /// On a hit or when coalesced: the price of the call that made the verdict. For a verdict that
  /// other software stored: the price of such a call now.
  Usd saved{};
};

struct AnalysisOptions {
  std::chrono::seconds ttl_analysis{604'800};
  std::chrono::seconds ttl_text{2'592'000};
  std::chrono::seconds partial_ttl{3'600};
  /// How long a store may take to look up or to store a verdict.
  std::chrono::milliseconds store_timeout{5'000};
  /// The longest that a paid call may take, even after its client has left.
  std::chrono::milliseconds call_timeout{180'000};
  /// How long a lease outlives its owner; the store of the leases renews those of longer calls. A
  /// flight that has not begun its call after half of it does not pay.
  std::chrono::milliseconds lease_life{40'000};
  /// Calls at the vendors at once; one more is refused with kOverloaded.
  std::size_t max_calls = 256;
  /// Flights at once, also those that wait for another replica's call or for a silent store. Known
  /// content is answered beyond that; other content is refused with kOverloaded.
  std::size_t max_flights = 1'024;
  /// Callers that wait for one content, and for all together; one more gets what is known, or
  /// kOverloaded. A caller counts until its client leaves.
  std::size_t max_waiters = 16'384;
  std::size_t max_waiters_in_all = 16'384;
  /// Threads that wait for stores on behalf of callers without a thread; started on demand.
  std::size_t lookup_threads = 256;
  /// How long a caller waits for another caller's or another replica's call; then kOverloaded. The
  /// flight goes on.
  std::chrono::milliseconds longest_wait{30'000};
  /// The negative cache: how long a content is not tried again after a failed call. Each failure in
  /// a row doubles the pause, up to the longest. 0 turns it off.
  std::chrono::seconds failure_pause{1};
  std::chrono::seconds longest_failure_pause{30};
  /// How long a flight waits for a shared store that has just fallen silent, before it believes in
  /// an outage and pays without a lease.
  std::chrono::milliseconds outage_patience{2'500};
  /// Paid calls begun in a minute, and in the whole of an outage, while the store cannot say what
  /// is known or cannot keep what is paid for; more get kOverloaded. 0: no limit.
  std::size_t outage_calls_per_minute = 0;
  std::size_t outage_calls_total = 0;
  /// Longer videos are refused with kVideoTooLong; 0: no limit.
  std::chrono::seconds longest_video{0};
  /// An analysis that can cost more is refused with kTooExpensive; empty: no limit.
  std::optional<Usd> dearest_call{};
  /// `CACHE_SAME_DETECTORS`: a verdict of other detectors is a miss.
  bool same_detectors = false;
};

/// What prevents paying twice or too much. Each part may be null and must outlive the service.
struct Safeguards {
  cache::LeaseStore* leases = nullptr;       ///< Null: no other replicas.
  cache::LeaseNotifier* notifier = nullptr;  ///< Needed with `leases`.
  Budget* budget = nullptr;                  ///< Null: no limit.
  cache::CallJournal* journal = nullptr;     ///< Null: paid calls are not journalled.
};

/// Looks up, joins a flight, pays and stores. It does not hash, speak to stores' protocols, parse
/// JSON or render HTTP. Thread-safe.
class AnalysisService {
 public:
  /// All references must outlive the service.
  AnalysisService(cache::TieredStore& store, const detection::DetectorPanel& panel,
                  AnalysisObserver& observer, Clock& clock, AnalysisOptions options,
                  Safeguards safeguards = {});
  /// Waits for the paid calls in flight, so that their verdicts are stored, and for all callers.
  ~AnalysisService();

  /// The verdict of a content: from a tier, from a call in flight, or from a call paid for now.
  /// Blocks until `deadline`, or until `client_gone` says so; a caller that looks in the stores
  /// first may block for `store_timeout` longer. A caller that leaves cancels nothing. Errors:
  /// kVendorNotConfigured, those of `Detector`, kVideoTooLong, kTooExpensive, kBudgetExhausted,
  /// kRateLimited, kOverloaded, kShuttingDown, kDeadlineExceeded, kClientGone.
  Result<Analysis> Analyze(Content content, Deadline deadline,
                           std::function<bool()> client_gone = {});

  /// Called once, on any thread, also before the call that was given it returns. It must not block.
  using Done = std::function<void(Result<Analysis>)>;
  /// Ends the wait of a client that has left: `Done` gets kClientGone unless it was called before.
  /// Thread-safe; has no effect after `Done`.
  using Leave = std::function<void()>;
  /// `Analyze` without a thread that waits. An error may come up to a moment after `deadline`.
  Leave AnalyzeLater(Content content, Deadline deadline, Done done) {
    return AnalyzeLater(std::move(content), deadline, std::move(done), {});
  }
  /// How a caller waits.
  struct Attendance {
    /// It waits until its deadline for somebody else's call too, not for `longest_wait` only.
    bool is_patient = false;
    /// Told how far the content is, unless memory has the verdict; may be empty.
    OnProgress progress{};
  };
  Leave AnalyzeLater(Content content, Deadline deadline, Done done, Attendance attendance);
  /// `Find` without a thread that waits.
  void FindLater(const cache::CacheKey& key, Deadline deadline, Done done);

  /// Called once, as `Done`.
  using ManyDone = std::function<void(std::vector<Result<Analysis>>)>;
  /// `Find` of several contents without a thread that waits, in one round trip to a store. One
  /// result for each key, in their order.
  void FindManyLater(std::vector<cache::CacheKey> keys, Deadline deadline, ManyDone done);

  /// The stored verdict; never pays. It counts as a look-up, not as a hit, and saves nothing: a
  /// client can ask as often as it likes. Blocks until `deadline` or for `store_timeout`. Errors:
  /// kNotCached, kStoreUnavailable.
  Result<Analysis> Find(const cache::CacheKey& key, Deadline deadline);

  /// Begins to stop: no new paid calls. Callers that wait for one get kShuttingDown at `deadline`
  /// at the latest. The calls in flight run on.
  void StopBy(Deadline deadline);

  /// `StopBy`, then waits until no paid call is in flight and no caller waits. False when
  /// `deadline` comes first.
  bool Drain(Deadline deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::analysis
