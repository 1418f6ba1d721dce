#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/key_turns.h"
#include "analysis/negative_cache.h"
#include "analysis/occupancy.h"
#include "analysis/paid_call_state.h"
#include "analysis/rate_limiter.h"
#include "analysis/single_flight.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/core/result.h"

namespace vcache::analysis {

/// Drives a content through its `PaidCallState`: asks the tiers and the shared store, waits for
/// other replicas, pays, stores. Thread-safe: one runner serves all flights.
class FlightRunner {
 public:
  /// All references must outlive the runner.
  FlightRunner(cache::TieredStore& store, const detection::DetectorPanel& panel,
               AnalysisObserver& observer, Clock& clock, const AnalysisOptions& options,
               const Safeguards& safeguards);

  /// The state of a flight between its steps.
  struct FlightContext {
    FlightContext(bool has_leases, Flight& of, WallTime now)
        : call_state(has_leases), flight(of), begun(now) {}
    PaidCallState call_state;
    Flight& flight;  ///< Told when its call begins.
    WallTime begun;
    std::uint64_t turns_ended = 0;  ///< When it began.
    cache::LookupResult found;
    bool has_looked = false;       ///< What is found from now on may have been stored meanwhile.
    cache::LookupResult outdated;  ///< A verdict that was found and is not good enough.
    /// It waited for another call for this content, of this process or another.
    bool has_waited = false;
    bool keeps = true;  ///< The verdict is stored.
  };
  /// `flight` must outlive the context. Nobody else can use what is not stored: no lease is needed.
  FlightContext Plan(Flight& flight, const Content& content) const {
    const bool has_leases = safeguards_.leases != nullptr && !content.use.ignores_stored();
    FlightContext context(has_leases, flight, clock_.WallNow());
    context.turns_ended = turns_.ended();
    return context;
  }

  /// The first step, on the caller's thread. Returns a result on a hit.
  std::optional<Result<Analysis>> LookUp(FlightContext& context, const Content& content);
  /// All further steps. Blocks for another replica's call and for one of this process.
  Result<Analysis> Run(FlightContext& context, const Content& content);

  /// From now on no call begins and no flight waits for another replica's call.
  void Stop();

  /// What the entry saves a client that sends the content.
  Usd WorthOf(const cache::Entry& entry, const Content& content) const;

  bool Serves(const cache::LookupResult& found, detection::MediaKind kind) const;
  /// Whether it serves and is as new as the caller wants.
  bool Answers(const cache::LookupResult& found, const Content& content) const;

  /// The key that this replica's verdict of the content has: with `same_detectors` a variant for
  /// each set of vendors, so that sets do not overwrite each other.
  cache::CacheKey KeyOf(const cache::CacheKey& usual, detection::MediaKind kind) const;
  /// Asks the memory tier only.
  cache::LookupResult LookUpMemory(const Content& content) const;
  /// The verdict of any kind of medium that a look-up by hash serves.
  cache::LookupResult LookUpAny(const cache::CacheKey& usual, Deadline deadline) const;
  /// The same of several contents, in one round trip.
  std::vector<cache::LookupResult> LookUpAny(std::span<const cache::CacheKey> usual,
                                             Deadline deadline) const;
  /// The same, of the memory tier only. It may miss what the other finds.
  cache::LookupResult LookUpAnyMemory(const cache::CacheKey& usual) const;

 private:
  struct LeasedAttempt;
  LookupSummary Summarize(FlightContext& context, const cache::LookupResult& found,
                          const Content& content) const;
  std::optional<Analysis> LookAgain(FlightContext& context, const Content& content);
  Deadline StoreDeadline() const;
  cache::Claim AskForLease(LeasedAttempt& attempt, std::chrono::milliseconds life);
  void Claim(FlightContext& context, LeasedAttempt& attempt);
  bool RefusesForNow(const cache::Claim& claim);
  bool AwaitStore(LeasedAttempt& attempt);
  bool AwaitNotification(LeasedAttempt& attempt);
  std::optional<Error> CheckAdmission(const FlightContext& context, LeasedAttempt& attempt);
  std::optional<Error> CheckHolds(const FlightContext& context, LeasedAttempt& attempt);
  std::optional<Error> FindPayer(const FlightContext& context, LeasedAttempt& attempt);
  std::optional<Error> PayAs(const std::shared_ptr<Allowance>& allowance, LeasedAttempt& attempt);
  std::optional<Error> ReserveBudget(LeasedAttempt& attempt);
  std::optional<Error> TakeOutageCall(const FlightContext& context, LeasedAttempt& attempt);
  void Pay(FlightContext& context, LeasedAttempt& attempt);
  void EndHeldUp(FlightContext& context, LeasedAttempt& attempt);
  std::vector<detection::VendorPrice> FreeOfCharge(const LeasedAttempt& attempt) const;
  void NoteBegin(LeasedAttempt& attempt, bool leased);
  void HoldBack(const FlightContext& context, const Content& content,
                const std::vector<std::string>& vendors, Error& error);
  void NoteEnd(const LeasedAttempt& attempt);
  void EndUnansweredLease(const LeasedAttempt& attempt);
  void Release(const FlightContext& context, const LeasedAttempt& attempt);
  std::vector<cache::CacheKey> NamesOf(const cache::CacheKey& usual) const;
  cache::LookupResult ReadStores(const Content& content) const;
  cache::LookupResult PastNewer(const cache::CacheKey& key, cache::LookupResult found) const;
  void LookUpInShadow(FlightContext& context, const Content& content);
  Analysis Store(const FlightContext& context, LeasedAttempt& attempt);
  Analysis LeaveUnstored(const LeasedAttempt& attempt, Analysis analysis);

  cache::TieredStore& store_;
  const detection::DetectorPanel& panel_;
  AnalysisObserver& observer_;
  Clock& clock_;
  const AnalysisOptions options_;
  const Safeguards safeguards_;
  Occupancy calls_;  ///< At the vendors.
  KeyTurns turns_;
  RateLimiter outage_calls_;
  NegativeCache failures_;
  NegativeCache charged_failures_;           ///< This process's own; the store has those of all.
  std::atomic<SteadyTime> refused_since_{};  ///< What the store says to claims; empty: it grants.
  std::atomic<bool> stopping_{false};
};

/// Where a verdict is kept when an entry has its name that this version cannot read.
cache::CacheKey BesideNewer(cache::CacheKey key);
/// The error while no new call may begin.
Error ServiceStops();
/// The error when another replica pays for the content for too long.
Error AnotherCallGoesOn();
/// The error while too many calls or flights are under way.
Error TooManyAnalyses();
detection::MediaKind MediaKindOf(const Content& content);
/// The answer of a hit that saved a call of this price.
Analysis AnalysisOf(cache::LookupResult found, Usd saved);

}  // namespace vcache::analysis
