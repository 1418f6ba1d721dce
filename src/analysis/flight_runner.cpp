#include "analysis/flight_runner.h"

#include <algorithm>
#include <random>
#include <utility>

#include "analysis/leased_attempt.h"
#include "analysis/worth.h"
#include "vcache/core/random_id.h"

namespace vcache::analysis {

using cache::LeaseState;
using cache::LookupOutcome;
using cache::LookupResult;
using detection::MediaKind;
using std::chrono::milliseconds;

namespace {

/// How long a flight waits for a notification before it asks for the lease again. The pause doubles
/// from the first to the longest. Jitter keeps the replicas from asking all at once.
constexpr milliseconds kLongestPause{2'000};
/// How often a flight looks whether a silent store answers again.
constexpr milliseconds kStorePause{20};
/// A lease that was granted before that is not paid under.
constexpr milliseconds kOldLease{5'000};
/// Before a claim is repeated although the store seemed to answer.
constexpr milliseconds kFailedClaimPause{250};

milliseconds WithJitter(milliseconds pause) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  std::uniform_int_distribution<milliseconds::rep> within(pause.count() / 2, pause.count());
  return milliseconds(within(generator));
}

}  // namespace

MediaKind MediaKindOf(const Content& content) {
  if (content.key.kind == cache::ContentKind::kText) return MediaKind::kText;
  return content.media_type && content::IsVideo(*content.media_type) ? MediaKind::kVideo
                                                                     : MediaKind::kImage;
}

Analysis AnalysisOf(LookupResult found, Usd saved) {
  Analysis analysis;
  analysis.saved = saved;
  analysis.entry = std::move(found.entry);
  analysis.status = CacheStatus::kHit;
  analysis.tier = found.tier;
  analysis.ttl = found.ttl;
  analysis.life_known = found.life_known;
  analysis.stored = true;
  return analysis;
}

FlightRunner::FlightRunner(cache::TieredStore& store, const detection::DetectorPanel& panel,
                           AnalysisObserver& observer, Clock& clock, const AnalysisOptions& options,
                           const Safeguards& safeguards)
    : store_(store),
      panel_(panel),
      observer_(observer),
      clock_(clock),
      options_(options),
      safeguards_(safeguards),
      calls_(options.max_calls),
      outage_calls_({options.outage_calls_per_minute, options.outage_calls_total}, clock),
      failures_({.first = options.failure_pause, .longest = options.longest_failure_pause}, clock),
      charged_failures_({.first = options.failure_pause, .longest = cache::kLongestChargedPause},
                        clock) {}

Usd FlightRunner::WorthOf(const cache::Entry& entry, const Content& content) const {
  if (!entry.foreign) return entry.cost;
  const bool has_bytes = content.file != nullptr || content.key.kind == cache::ContentKind::kText;
  return has_bytes ? PriceNow(panel_, content) : PriceNow(panel_, content.key.kind);
}

Deadline FlightRunner::StoreDeadline() const {
  return Deadline::After(clock_, options_.store_timeout);
}

void FlightRunner::Stop() {
  stopping_ = true;
  if (safeguards_.notifier != nullptr) safeguards_.notifier->AnnounceAll();
}

std::optional<Result<Analysis>> FlightRunner::LookUp(FlightContext& context,
                                                     const Content& content) {
  if (content.use.shadow) LookUpInShadow(context, content);
  // Use the store's own time limit, not the leader's deadline: other callers wait for this too.
  if (!content.use.ignores_stored()) context.found = ReadStores(content);
  if (context.found.outcome == LookupOutcome::kCorrupt) {
    observer_.OnCorrupt(content.key, context.found.reason);
  }
  context.call_state.LookedUp(Summarize(context, context.found, content));
  context.has_looked = true;
  if (context.call_state.step() != Step::kSettle) return std::nullopt;
  const Usd saved = WorthOf(*context.found.entry, content);
  return AnalysisOf(std::move(context.found), saved);
}

Result<Analysis> FlightRunner::Run(FlightContext& context, const Content& content) {
  PaidCallState& call_state = context.call_state;
  std::optional<KeyTurns::Turn> turn;
  if (!content.use.ignores_stored()) {
    turn = turns_.Await(content.key);
    // A flight may have stored its verdict between this one's look-up and its turn; where there are
    // leases, the claim looks again.
    const bool may_have_missed =
        safeguards_.leases == nullptr && turns_.ended() != context.turns_ended;
    if (turn->has_waited() || may_have_missed) {
      if (auto known = LookAgain(context, content)) return *std::move(known);
    }
  }
  context.flight.Report(Stage::kNotKnown);
  // A crashed replica's lease, the pause until its end is noticed, and one more call.
  const milliseconds longest = 2 * options_.call_timeout + options_.lease_life + kLongestPause;
  LeasedAttempt attempt{.content = content,
                        .wait_deadline = Deadline::After(clock_, longest),
                        .patience_left = options_.outage_patience};
  while (call_state.step() != Step::kSettle) {
    switch (call_state.step()) {
      case Step::kClaim:
        Claim(context, attempt);
        break;
      case Step::kAwaitStore:
        call_state.StoreAwaited(AwaitStore(attempt));
        break;
      case Step::kAwaitNotification:
        context.flight.Report(Stage::kWaitingForReplica);
        call_state.Waited(AwaitNotification(attempt));
        break;
      case Step::kAdmit: {
        const std::optional<Error> refusal = CheckAdmission(context, attempt);
        if (refusal) attempt.result = *refusal;
        call_state.Admitted(!refusal);
        break;
      }
      case Step::kPay:
        Pay(context, attempt);
        break;
      case Step::kStore:
        attempt.result = Store(context, attempt);
        call_state.Stored();
        break;
      case Step::kRelease:
        Release(context, attempt);
        call_state.Released();
        break;
      case Step::kLookUp:
      case Step::kSettle:
        return Error{ErrorCode::kInternal, "A flight took a step that it cannot take."};
    }
  }
  EndUnansweredLease(attempt);
  if (call_state.outcome() == CallOutcome::kWaitTimedOut) {
    return stopping_ ? ServiceStops() : AnotherCallGoesOn();
  }
  return std::move(attempt.result);
}

/// Every claim of a flight has the same token. One before may have been granted although its reply
/// was lost, or was damaged and showed the own token as another's: the next finds that out.
cache::Claim FlightRunner::AskForLease(LeasedAttempt& attempt, milliseconds life) {
  const std::vector<std::string> vendors = panel_.VendorsToAsk(attempt.task);
  const auto ask = [&] {
    const SteadyTime begun = clock_.Now();
    if (attempt.token.empty()) {
      attempt.token = RandomId();
      attempt.first_claim = begun;
    }
    cache::Claim claim = safeguards_.leases->ClaimLease(
        {attempt.content.key, attempt.token, life, vendors}, StoreDeadline());
    const SteadyTime granted = claim.is_new ? begun : attempt.first_claim;
    attempt.pay_before = Deadline::At(granted + options_.lease_life / 2);
    return claim;
  };
  cache::Claim claim = ask();
  if (claim.state != LeaseState::kOurs || claim.is_new ||
      clock_.Now() - attempt.first_claim < kOldLease) {
    return claim;
  }
  // It was granted long ago, and may end before its first renewal: begin anew.
  const Result<void> released = safeguards_.leases->Release(
      attempt.content.key, std::exchange(attempt.token, {}), std::nullopt, StoreDeadline());
  (void)released;
  return ask();
}

void FlightRunner::Claim(FlightContext& context, LeasedAttempt& attempt) {
  // Listen before the claim, so that no notification is missed between the two.
  if (attempt.listener == nullptr && safeguards_.notifier != nullptr) {
    attempt.listener = safeguards_.notifier->Listen(attempt.content.key);
  }
  cache::Claim claim = AskForLease(attempt, options_.lease_life);
  claim.found = PastNewer(attempt.content.key, std::move(claim.found));
  attempt.is_unanswered = claim.state == LeaseState::kUnavailable ||
                          (attempt.is_unanswered && claim.state == LeaseState::kTheirs);
  if (RefusesForNow(claim)) claim.state = LeaseState::kUnavailable;
  if (claim.state == LeaseState::kTheirs) {
    attempt.foreign_lease_end = Deadline::After(clock_, options_.lease_life);
  } else if (claim.state == LeaseState::kUnavailable && attempt.foreign_lease_end &&
             !attempt.foreign_lease_end->Expired(clock_)) {
    // The store's silence does not end the call that another replica pays for.
    claim.state = LeaseState::kTheirs;
  }
  context.has_waited |= context.call_state.waited();
  const LookupSummary summary = Summarize(context, claim.found, attempt.content);
  context.call_state.Claimed(summary, claim.state);
  if (context.call_state.outcome() == CallOutcome::kRemoteFailure && claim.failure)
    attempt.result = *claim.failure;
  if (claim.state == LeaseState::kOurs && claim.failure) {
    attempt.Hold(claim.failure->failed_vendors);
    attempt.foreign_failure = std::move(claim.failure);
  }
  if (summary == LookupSummary::kVerdict) {
    const Usd saved = WorthOf(*claim.found.entry, attempt.content);
    attempt.result = AnalysisOf(std::move(claim.found), saved);
    // Another replica paid for it while this flight waited.
    if (context.call_state.waited()) attempt.result->status = CacheStatus::kCoalesced;
  } else {
    if (claim.found.outcome == LookupOutcome::kUnavailable) {  // what the tiers told still holds
      claim.found.earlier = std::move(context.found.earlier);
      claim.found.charged_failure = std::move(context.found.charged_failure);
    }
    context.found = std::move(claim.found);
  }
}

/// A shared store that takes no writes for a moment (full, or a replica since a fail-over) is
/// waited for like a silent one: without a lease each replica would pay. False when it has refused
/// for the outage patience.
bool FlightRunner::RefusesForNow(const cache::Claim& claim) {
  if (claim.state == LeaseState::kOurs && claim.is_new) refused_since_ = SteadyTime{};
  if (claim.state != LeaseState::kNotGranted || !claim.is_shared) return false;
  const SteadyTime now = clock_.Now();
  SteadyTime since{};
  if (refused_since_.compare_exchange_strong(since, now)) since = now;
  return now - since < options_.outage_patience;
}

/// Waits for a shared store that has just fallen silent: a cut connection or a short stall must not
/// cost a paid call. False when it has been silent for the outage patience, or does not come back
/// by itself.
bool FlightRunner::AwaitStore(LeasedAttempt& attempt) {
  // Counted in looks, not by the clock: a process that was frozen has not waited.
  const auto pause = [&](milliseconds length) {
    clock_.SleepUntil(clock_.Now() + length);
    attempt.patience_left -= length;
  };
  if (attempt.has_awaited_store) pause(kFailedClaimPause);
  attempt.has_awaited_store = true;
  while (!stopping_ && attempt.patience_left > milliseconds(0)) {
    if (store_.available()) return true;
    const auto away_since = store_.away_since();
    if (!away_since || clock_.Now() - *away_since >= options_.outage_patience) return false;
    pause(kStorePause);
  }
  return false;
}

/// A claim without an answer may have been granted: nobody else may pay until that lease ends.
void FlightRunner::EndUnansweredLease(const LeasedAttempt& attempt) {
  if (!attempt.is_unanswered || attempt.token.empty()) return;
  const Result<void> released = safeguards_.leases->Release(attempt.content.key, attempt.token,
                                                            std::nullopt, StoreDeadline());
  (void)released;  // repeated by the store, or the lease expires
}

/// False when the flight has no time left or the service stops.
bool FlightRunner::AwaitNotification(LeasedAttempt& attempt) {
  if (stopping_ || attempt.wait_deadline.Expired(clock_)) return false;
  const Result<bool> held =
      safeguards_.leases->RequestNotification(attempt.content.key, StoreDeadline());
  if (held && !*held) return true;
  const Deadline until =
      Deadline::After(clock_, WithJitter(attempt.pause)).Shortened(attempt.wait_deadline);
  attempt.pause = std::min(2 * attempt.pause, kLongestPause);
  if (attempt.listener != nullptr) attempt.listener->Await(until);
  return !stopping_;
}

}  // namespace vcache::analysis
