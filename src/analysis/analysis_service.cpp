#include "vcache/analysis/analysis_service.h"

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "analysis/flight_runner.h"
#include "analysis/single_flight.h"
#include "analysis/wait_timer.h"
#include "analysis/worth.h"
#include "vcache/core/mutex.h"
#include "vcache/core/thread_pool.h"

namespace vcache::analysis {
namespace {

using cache::CacheKey;
using cache::LookupOutcome;
using cache::LookupResult;

/// Each is a request that waits; more would only wait longer.
constexpr std::size_t kMaxQueuedLookups = 16'384;

Error TooManyLookups() {
  return ForEverybody({.code = ErrorCode::kOverloaded,
                       .message = "Too many requests wait for the cache; ask again in a moment.",
                       .retry_after = std::chrono::seconds(1)});
}

/// Callers that ask the same of the cache share a flight. One that wants a new verdict must not end
/// with a stored one, nor must others wait for a new verdict where a stored one would do.
CacheKey FlightKeyOf(const Content& content) {
  CacheKey key = content.key;
  if (content.alone != 0) {
    key.variant ^= cache::VariantOf("alone=" + std::to_string(content.alone));
  } else if (content.use.no_store) {
    static const std::uint64_t kNoStore = cache::VariantOf("no-store");
    key.variant ^= kNoStore;
  } else if (content.use.max_age) {
    key.variant ^= cache::VariantOf("max-age=" + std::to_string(content.use.max_age->count()));
  }
  return key;
}

Error TooManyWaiters() {
  return ForEverybody(
      {.code = ErrorCode::kOverloaded,
       .message = "Too many requests wait for analyses under way; ask again in a moment.",
       .retry_after = std::chrono::seconds(1)});
}

/// The caller that led the flight had used up what may be paid for it. This one, who came a moment
/// after the others were asked, may have more left.
Error OwnRefusal(const Content& content) {
  auto own = content.allowance != nullptr ? content.allowance->Look() : std::nullopt;
  return own ? *std::move(own) : TooManyAnalyses();
}

}  // namespace

/// Shared with the threads of paid calls. They may outlive the request, never the service.
struct AnalysisService::State {
  State(cache::TieredStore& the_store, const detection::DetectorPanel& the_panel,
        AnalysisObserver& the_observer, Clock& the_clock, const AnalysisOptions& the_options,
        const Safeguards& safeguards)
      : store(the_store),
        panel(the_panel),
        observer(the_observer),
        clock(the_clock),
        options(the_options),
        flights({the_options.max_waiters, the_options.max_waiters_in_all}, the_clock),
        in_flight(the_options.max_flights),
        runner(the_store, the_panel, the_observer, the_clock, the_options, safeguards),
        timer(the_clock),
        threads(the_options.max_flights + the_options.lookup_threads, kMaxQueuedLookups) {}

  /// A flight that has been joined but not begun.
  struct Departure {
    Content content;
    std::shared_ptr<Flight> flight;
    std::optional<FlightRunner::FlightContext> context{};
    std::optional<Occupancy::Place> place{};    ///< Of the flight.
    std::optional<Occupancy::Place> waiting{};  ///< Of the leader.
  };

  void Prepare(Content& content) {
    content.key = runner.KeyOf(content.key, MediaKindOf(content));
    if (content.use.shadow) content.alone = ++last_alone;
  }
  std::optional<Analysis> FindInMemory(const Content& content);
  Visitor VisitorFor(const Content& content, Deadline deadline,
                     std::function<bool()> client_gone) const;
  Result<Analysis> Report(const Content& content, bool leads, Result<Analysis> result);
  Result<Analysis> Lead(Content content, std::shared_ptr<Flight> flight, const Visitor& visitor);
  Result<Analysis> Follow(const Content& content, Flight& flight, const Visitor& visitor);
  void LeadLater(Content content, const std::shared_ptr<Flight>& flight);
  std::optional<Result<Analysis>> PlanFlight(Departure& departure);
  void FollowWithoutPlace(const std::shared_ptr<Content>& content, std::shared_ptr<Flight> flight,
                          const Told& told);
  void Fly(Departure& departure) noexcept;
  Result<Analysis> Find(const CacheKey& key, Deadline deadline);
  Result<Analysis> ReportFound(const CacheKey& key, LookupResult found);

  void CallerCame();
  void CallerWent();
  bool AwaitCallers(Deadline deadline);

  cache::TieredStore& store;
  const detection::DetectorPanel& panel;
  AnalysisObserver& observer;
  Clock& clock;
  const AnalysisOptions options;
  SingleFlight flights;
  std::atomic<std::uint64_t> last_alone{0};
  Occupancy in_flight;  ///< Flights with a thread.
  FlightRunner runner;
  Mutex mutex;
  ConditionVariable callers_went;
  std::size_t callers VCACHE_GUARDED_BY(mutex) = 0;  ///< That wait without a thread.
  WaitTimer timer;
  ThreadPool threads;  ///< For flights, and for callers without a thread that wait for stores.
};

AnalysisService::AnalysisService(cache::TieredStore& store, const detection::DetectorPanel& panel,
                                 AnalysisObserver& observer, Clock& clock, AnalysisOptions options,
                                 Safeguards safeguards)
    : state_(std::make_unique<State>(store, panel, observer, clock, options, safeguards)) {}

AnalysisService::~AnalysisService() {
  Drain(Deadline::Never());
}

void AnalysisService::StopBy(Deadline deadline) {
  for (const auto& flight : state_->flights.Close(deadline)) state_->timer.Watch(flight);
  state_->runner.Stop();
}

bool AnalysisService::Drain(Deadline deadline) {
  StopBy(deadline);
  return state_->flights.AwaitEmpty(deadline) && state_->AwaitCallers(deadline);
}

Result<Analysis> AnalysisService::Analyze(Content content, Deadline deadline,
                                          std::function<bool()> client_gone) {
  State& state = *state_;
  state.Prepare(content);
  if (auto known = state.FindInMemory(content)) return *std::move(known);
  const SingleFlight::Ticket ticket = state.flights.Join(FlightKeyOf(content));
  if (ticket.flight == nullptr) return state.Report(content, /*leads=*/false, ServiceStops());
  const Visitor visitor = state.VisitorFor(content, deadline, std::move(client_gone));
  Result<Analysis> result = ticket.leader ? state.Lead(content, ticket.flight, visitor)
                                          : state.Follow(content, *ticket.flight, visitor);
  return state.Report(content, ticket.leader, std::move(result));
}

AnalysisService::Leave AnalysisService::AnalyzeLater(Content content, Deadline deadline, Done done,
                                                     Attendance attendance) {
  State& state = *state_;
  state.Prepare(content);
  if (auto known = state.FindInMemory(content)) {
    done(*std::move(known));
    return [] {};
  }
  SingleFlight::Ticket ticket = state.flights.Join(FlightKeyOf(content));
  if (ticket.flight == nullptr) {
    done(state.Report(content, /*leads=*/false, ServiceStops()));
    return [] {};
  }
  auto kept = std::make_shared<Content>(content);
  // Many may wait for one content: only the leader's bytes are needed.
  kept->file.reset();
  state.CallerCame();
  const Told told = [&state, kept, leads = ticket.leader,
                     done = std::move(done)](Result<Analysis> result) {
    done(state.Report(*kept, leads, std::move(result)));
    state.CallerWent();
  };
  std::vector<Occupancy::Place> places;
  if (!ticket.leader) {
    places = state.flights.EnterAsFollower(*ticket.flight);
    if (places.empty()) {
      state.FollowWithoutPlace(std::make_shared<Content>(std::move(content)), ticket.flight, told);
      return [] {};
    }
  }
  Visitor visitor = state.VisitorFor(*kept, deadline, {});
  if (attendance.is_patient) visitor.patience = deadline;
  if (attendance.progress) ticket.flight->Follow(std::move(attendance.progress));
  const std::uint64_t number = ticket.flight->Wait(visitor, ticket.leader, std::move(places), told);
  state.timer.Watch(ticket.flight);
  if (ticket.leader) state.LeadLater(std::move(content), ticket.flight);
  return [flight = std::weak_ptr(ticket.flight), number] {
    if (const auto waited_for = flight.lock()) waited_for->Leave(number);
  };
}

/// Ask the memory tier before joining a flight: many hits on one content then do not queue behind
/// each other. Only the leader of the flight asks the slower tiers.
std::optional<Analysis> AnalysisService::State::FindInMemory(const Content& content) {
  if (content.use.ignores_stored()) return std::nullopt;
  LookupResult found = runner.LookUpMemory(content);
  if (!runner.Answers(found, content)) return std::nullopt;
  const Usd saved = runner.WorthOf(*found.entry, content);
  observer.OnHit(content.key, content.file_name, found.tier, saved);
  return AnalysisOf(std::move(found), saved);
}

Visitor AnalysisService::State::VisitorFor(const Content& content, Deadline deadline,
                                           std::function<bool()> client_gone) const {
  return {deadline, Deadline::After(clock, options.longest_wait), std::move(client_gone),
          content.allowance};
}

/// Tells the observer what one caller gets, and returns that.
Result<Analysis> AnalysisService::State::Report(const Content& content, bool leads,
                                                Result<Analysis> result) {
  if (!result && !leads && result.error().code == ErrorCode::kRateLimited) {
    result = OwnRefusal(content);
  }
  if (!result) {
    // Nobody is there to be told of an error; the flight reports its own end.
    if (result.error().code != ErrorCode::kClientGone) {
      observer.OnError(content.key, result.error());
    }
    return result;
  }
  // Only the leader reports the miss that was paid for; all others waited for it.
  if (!leads && result->status == CacheStatus::kMiss) result->status = CacheStatus::kCoalesced;
  if (result->status == CacheStatus::kHit) {
    observer.OnHit(content.key, content.file_name, *result->tier, result->saved);
  } else if (result->status == CacheStatus::kCoalesced) {
    result->saved = runner.WorthOf(*result->entry, content);
    observer.OnJoined(content.key, content.file_name, result->saved);
  }
  if (content.use.ignores_stored()) result->status = CacheStatus::kBypass;
  return result;
}

Result<Analysis> AnalysisService::Find(const CacheKey& key, Deadline deadline) {
  return state_->Find(key, deadline);
}

void AnalysisService::FindLater(const CacheKey& key, Deadline deadline, Done done) {
  State& state = *state_;
  if (LookupResult found = state.runner.LookUpAnyMemory(key);
      found.outcome == LookupOutcome::kHit) {
    return done(state.ReportFound(key, std::move(found)));
  }
  state.CallerCame();
  const auto shared = std::make_shared<Done>(std::move(done));
  const bool taken = state.threads.Submit([&state, key, deadline, shared] {
    (*shared)(state.Find(key, deadline));
    state.CallerWent();
  });
  if (taken) return;
  (*shared)(TooManyLookups());
  state.CallerWent();
}

void AnalysisService::FindManyLater(std::vector<CacheKey> keys, Deadline deadline, ManyDone done) {
  State& state = *state_;
  state.CallerCame();
  const auto shared = std::make_shared<ManyDone>(std::move(done));
  const std::size_t count = keys.size();
  const bool taken = state.threads.Submit([&state, keys = std::move(keys), deadline, shared] {
    const Deadline limit = Deadline::After(state.clock, state.options.store_timeout);
    auto found = state.runner.LookUpAny(keys, deadline.Shortened(limit));
    std::vector<Result<Analysis>> results;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      results.push_back(state.ReportFound(keys[i], std::move(found[i])));
    }
    (*shared)(std::move(results));
    state.CallerWent();
  });
  if (taken) return;
  (*shared)(std::vector<Result<Analysis>>(count, TooManyLookups()));
  state.CallerWent();
}

Result<Analysis> AnalysisService::State::Find(const CacheKey& key, Deadline deadline) {
  return ReportFound(
      key,
      runner.LookUpAny(key, deadline.Shortened(Deadline::After(clock, options.store_timeout))));
}

Result<Analysis> AnalysisService::State::ReportFound(const CacheKey& key, LookupResult found) {
  if (found.outcome == LookupOutcome::kUnavailable) {
    return ForEverybody({ErrorCode::kStoreUnavailable,
                         "The cache cannot be asked right now; upload the content instead."});
  }
  if (found.outcome == LookupOutcome::kCorrupt) observer.OnCorrupt(key, found.reason);
  if (found.outcome == LookupOutcome::kHit) {
    const Usd spared = found.entry->foreign ? PriceNow(panel, key.kind) : found.entry->cost;
    observer.OnLookup(key, found, spared);
    return AnalysisOf(std::move(found), spared);
  }
  observer.OnLookup(key, found, {});
  return Error{ErrorCode::kNotCached, "No verdict is known for this content; upload it."};
}

Result<Analysis> AnalysisService::State::Lead(Content content, std::shared_ptr<Flight> flight,
                                              const Visitor& visitor) {
  const CacheKey key = FlightKeyOf(content);
  const auto departure = std::make_shared<Departure>(Departure{std::move(content), flight});
  if (auto known = PlanFlight(*departure)) {
    flights.End(key, *flight, *known);
    return *std::move(known);
  }
  // The call runs on another thread: a client that leaves must not end a call that is paid for. The
  // leader may leave like any waiter.
  const auto waiting = std::exchange(departure->waiting, std::nullopt);
  if (!threads.Submit([this, departure] { Fly(*departure); })) {
    flights.End(key, *flight, TooManyAnalyses());
  }
  return flight->Await(visitor, /*leads=*/true);
}

/// The leader of the flight waits for it like any other caller.
void AnalysisService::State::LeadLater(Content content, const std::shared_ptr<Flight>& flight) {
  const CacheKey key = FlightKeyOf(content);
  const auto departure = std::make_shared<Departure>(Departure{std::move(content), flight});
  const bool taken = threads.Submit([this, departure] {
    if (auto known = PlanFlight(*departure)) {
      return flights.End(FlightKeyOf(departure->content), *departure->flight, *std::move(known));
    }
    Fly(*departure);
  });
  if (!taken) flights.End(key, *flight, TooManyLookups());
}

/// Looks up. Returns how the flight ends at once; empty when nothing is known.
std::optional<Result<Analysis>> AnalysisService::State::PlanFlight(Departure& departure) {
  try {
    departure.context.emplace(runner.Plan(*departure.flight, departure.content));
    if (auto found = runner.LookUp(*departure.context, departure.content)) return found;
    // Only what is not known needs a place: known content is answered however full it is.
    departure.waiting = flights.EnterAsLeader();
    if (departure.waiting) departure.place = in_flight.Enter();
    if (!departure.place) return TooManyAnalyses();
    return std::nullopt;
  } catch (...) {
    return Error{ErrorCode::kInternal, "The analysis could not be begun."};
  }
}

/// The service's destructor waits for every flight, so that it outlives them.
void AnalysisService::State::Fly(Departure& departure) noexcept {
  Result<Analysis> result = Error{ErrorCode::kInternal, "The analysis failed.", Charge::kUnknown};
  try {
    result = runner.Run(*departure.context, departure.content);
  } catch (...) {
    // Keep the error above: the call's charge is unknown.
  }
  departure.place.reset();
  departure.waiting.reset();
  // The waiters share ownership of the flight.
  const std::shared_ptr<Flight> flight = departure.flight;
  flights.End(FlightKeyOf(departure.content), *flight, std::move(result));
}

/// Without a place to wait, the caller still gets what is known: the leader may just be looking.
Result<Analysis> AnalysisService::State::Follow(const Content& content, Flight& flight,
                                                const Visitor& visitor) {
  if (auto result = flights.Wait(flight, visitor)) return *std::move(result);
  FlightRunner::FlightContext context = runner.Plan(flight, content);
  if (auto found = runner.LookUp(context, content)) return *std::move(found);
  return TooManyWaiters();
}

void AnalysisService::State::FollowWithoutPlace(const std::shared_ptr<Content>& content,
                                                std::shared_ptr<Flight> flight, const Told& told) {
  const bool taken = threads.Submit([this, content, flight = std::move(flight), told] {
    FlightRunner::FlightContext context = runner.Plan(*flight, *content);
    auto found = runner.LookUp(context, *content);
    told(found ? *std::move(found) : Result<Analysis>(TooManyWaiters()));
  });
  if (!taken) told(TooManyWaiters());
}

void AnalysisService::State::CallerCame() {
  const MutexLock lock(mutex);
  ++callers;
}

void AnalysisService::State::CallerWent() {
  const MutexLock lock(mutex);
  // Notified under the lock: the thread that waits may destroy the service right afterwards.
  if (--callers == 0) callers_went.NotifyAll();
}

bool AnalysisService::State::AwaitCallers(Deadline deadline) {
  MutexLock lock(mutex);
  while (callers > 0 && clock.WaitUntil(callers_went, lock, deadline.time())) {
  }
  return callers == 0;
}

}  // namespace vcache::analysis
