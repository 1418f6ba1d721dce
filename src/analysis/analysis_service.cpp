#include "vcache/analysis/analysis_service.h"

#include <system_error>
#include <thread>
#include <utility>

#include "analysis/flight_runner.h"
#include "analysis/single_flight.h"
#include "analysis/worth.h"
#include "vcache/core/enum_table.h"

namespace vcache::analysis {
namespace {

using cache::CacheKey;
using cache::LookupOutcome;
using cache::LookupResult;

Error TooManyWaiters() {
  return ForEverybody(
      {.code = ErrorCode::kOverloaded,
       .message = "Too many requests wait for analyses under way; ask again in a moment.",
       .retry_after = std::chrono::seconds(1)});
}

}  // namespace

std::string_view CacheStatusName(CacheStatus status) noexcept {
  static constexpr EnumNames<CacheStatus, 3> kNames{{"HIT", "MISS", "COALESCED"}};
  return kNames.Of(status);
}

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
        runner(the_store, the_panel, the_observer, the_clock, the_options, safeguards) {}

  Result<Analysis> Lead(Content content, std::shared_ptr<Flight> flight, const Visitor& visitor);
  Result<Analysis> Follow(const Content& content, Flight& flight, const Visitor& visitor);
  void Launch(Content content, FlightRunner::FlightContext context, std::shared_ptr<Flight> flight,
              Occupancy::Place place);

  cache::TieredStore& store;
  const detection::DetectorPanel& panel;
  AnalysisObserver& observer;
  Clock& clock;
  const AnalysisOptions options;
  SingleFlight flights;
  Occupancy in_flight;  ///< Flights with a thread.
  FlightRunner runner;
};

AnalysisService::AnalysisService(cache::TieredStore& store, const detection::DetectorPanel& panel,
                                 AnalysisObserver& observer, Clock& clock, AnalysisOptions options,
                                 Safeguards safeguards)
    : state_(std::make_unique<State>(store, panel, observer, clock, options, safeguards)) {}

AnalysisService::~AnalysisService() {
  Drain(Deadline::Never());
}

void AnalysisService::StopBy(Deadline deadline) {
  state_->flights.Close(deadline);
  state_->runner.Stop();
}

bool AnalysisService::Drain(Deadline deadline) {
  StopBy(deadline);
  return state_->flights.AwaitEmpty(deadline);
}

Result<Analysis> AnalysisService::Analyze(Content content, Deadline deadline,
                                          std::function<bool()> client_gone) {
  State& state = *state_;
  content.key = state.runner.KeyOf(content.key, MediaKindOf(content));
  const CacheKey key = content.key;
  // Ask the memory tier before joining a flight: many hits on one content then do not queue behind
  // each other. Only the leader of the flight asks the slower tiers.
  if (LookupResult found = state.runner.LookUpMemory(content);
      state.runner.Serves(found, MediaKindOf(content))) {
    const Usd saved = state.runner.WorthOf(*found.entry, content);
    state.observer.OnHit(key, content.file_name, found.tier, saved);
    return AnalysisOf(std::move(found), saved);
  }

  const SingleFlight::Ticket ticket = state.flights.Join(key);
  if (ticket.flight == nullptr) {
    const Error error = ServiceStops();
    state.observer.OnError(key, error);
    return error;
  }
  const Visitor visitor{deadline, Deadline::After(state.clock, state.options.longest_wait),
                        std::move(client_gone)};
  Result<Analysis> result = ticket.leader ? state.Lead(content, ticket.flight, visitor)
                                          : state.Follow(content, *ticket.flight, visitor);
  if (!result) {
    // Nobody is there to be told of an error; the flight reports its own end.
    if (result.error().code != ErrorCode::kClientGone) state.observer.OnError(key, result.error());
    return result;
  }
  // Only the leader reports the miss that was paid for; all others waited for it.
  if (!ticket.leader && result->status == CacheStatus::kMiss) {
    result->status = CacheStatus::kCoalesced;
  }
  if (result->status == CacheStatus::kHit) {
    state.observer.OnHit(key, content.file_name, *result->tier, result->saved);
  } else if (result->status == CacheStatus::kCoalesced) {
    result->saved = state.runner.WorthOf(*result->entry, content);
    state.observer.OnJoined(key, content.file_name, result->saved);
  }
  return result;
}

Result<Analysis> AnalysisService::Find(const CacheKey& key, Deadline deadline) {
  State& state = *state_;
  LookupResult found = state.runner.LookUpAny(
      key, deadline.Shortened(Deadline::After(state.clock, state.options.store_timeout)));
  if (found.outcome == LookupOutcome::kUnavailable) {
    return ForEverybody({ErrorCode::kStoreUnavailable,
                         "The cache cannot be asked right now; upload the content instead."});
  }
  if (found.outcome == LookupOutcome::kCorrupt) state.observer.OnCorrupt(key, found.reason);
  if (found.outcome == LookupOutcome::kHit) {
    const Usd spared = found.entry->foreign ? PriceNow(state.panel, key.kind) : found.entry->cost;
    state.observer.OnLookup(key, found, spared);
    return AnalysisOf(std::move(found), spared);
  }
  state.observer.OnLookup(key, found, {});
  return Error{ErrorCode::kNotCached, "No verdict is known for this content; upload it."};
}

Result<Analysis> AnalysisService::State::Lead(Content content, std::shared_ptr<Flight> flight,
                                              const Visitor& visitor) {
  const CacheKey key = content.key;
  // Ends the flight for every waiter when this function returns early.
  const auto end = [&](Result<Analysis> result) {
    flights.End(key, *flight, result);
    return result;
  };
  std::optional<Occupancy::Place> waiting;
  try {
    FlightRunner::FlightContext context = runner.Plan(*flight);
    if (auto found = runner.LookUp(context, content)) return end(*std::move(found));
    // Only what is not known needs a place: known content is answered however full it is.
    waiting = flights.EnterAsLeader();
    auto flying = waiting ? in_flight.Enter() : std::nullopt;
    if (!flying) return end(TooManyAnalyses());
    Launch(std::move(content), std::move(context), flight, *std::move(flying));
  } catch (...) {
    return end(Error{ErrorCode::kInternal, "The analysis could not be begun."});
  }
  // From here on the flight's own thread ends it. The leader may leave like any waiter.
  return flight->Await(visitor, /*leads=*/true);
}

/// Without a place to wait, the caller still gets what is known: the leader may just be looking.
Result<Analysis> AnalysisService::State::Follow(const Content& content, Flight& flight,
                                                const Visitor& visitor) {
  if (auto result = flights.Wait(flight, visitor)) return *std::move(result);
  FlightRunner::FlightContext context = runner.Plan(flight);
  if (auto found = runner.LookUp(context, content)) return *std::move(found);
  return TooManyWaiters();
}

void AnalysisService::State::Launch(Content content, FlightRunner::FlightContext context,
                                    std::shared_ptr<Flight> flight, Occupancy::Place place) {
  // The call runs on its own thread: a client that leaves must not end a call that is paid for. The
  // service's destructor waits for every flight, so `this` outlives this thread's last use of it.
  std::thread([this, content = std::move(content), context = std::move(context),
               flight = std::move(flight),
               place = std::optional(std::move(place))]() mutable noexcept {
    Result<Analysis> result = Error{ErrorCode::kInternal, "The analysis failed.", Charge::kUnknown};
    try {
      result = runner.Run(context, content);
    } catch (...) {
      // Keep the error above: the call's charge is unknown.
    }
    place.reset();
    // The waiters share ownership of the flight.
    flights.End(content.key, *flight, std::move(result));
  }).detach();
}

}  // namespace vcache::analysis
