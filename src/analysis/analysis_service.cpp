#include "vcache/analysis/analysis_service.h"

#include <system_error>
#include <thread>
#include <utility>

#include "analysis/flight.h"
#include "vcache/analysis/call_limiter.h"

namespace vcache::analysis {
namespace {

using cache::CacheKey;
using cache::ContentKind;
using cache::Counter;
using cache::LookupOutcome;
using cache::LookupResult;
using detection::MediaKind;

MediaKind MediaKindOf(const Content& content) {
  if (content.key.kind == ContentKind::kText) return MediaKind::kText;
  return content.media_type && content::IsVideo(*content.media_type) ? MediaKind::kVideo
                                                                     : MediaKind::kImage;
}

Analysis HitFrom(LookupResult found) {
  Analysis analysis;
  analysis.saved_micros = found.entry->cost_micros;
  analysis.entry = std::move(found.entry);
  analysis.status = CacheStatus::kHit;
  analysis.tier = found.tier;
  analysis.ttl = found.ttl;
  analysis.stored = true;
  return analysis;
}

}  // namespace

std::string_view CacheStatusName(CacheStatus status) noexcept {
  switch (status) {
    case CacheStatus::kHit:
      return "HIT";
    case CacheStatus::kMiss:
      return "MISS";
    case CacheStatus::kCoalesced:
      return "COALESCED";
  }
  return "MISS";
}

/// Shared with the threads of paid calls: they may outlive whoever asked, never the service.
struct AnalysisService::State {
  State(cache::TieredStore& the_store, const detection::DetectorPanel& the_panel,
        AnalysisObserver& the_observer, Clock& the_clock, AnalysisOptions the_options)
      : store(the_store),
        panel(the_panel),
        observer(the_observer),
        clock(the_clock),
        options(the_options),
        flights(the_options.max_flights, the_clock),
        outage_calls(the_options.outage_calls_per_minute, the_clock) {}

  bool Serves(const LookupResult& found, MediaKind kind) const;
  std::optional<Error> RefuseInOutage(const LookupResult& found, MediaKind kind);
  Result<Analysis> Lead(Content content, std::shared_ptr<Flight> flight, Deadline deadline);
  void Launch(Content content, std::shared_ptr<Flight> flight);
  Result<Analysis> Pay(const Content& content);
  Analysis Keep(const Content& content, Verdict verdict, std::int64_t cost_micros,
                const cache::Counters& paid);

  cache::TieredStore& store;
  const detection::DetectorPanel& panel;
  AnalysisObserver& observer;
  Clock& clock;
  const AnalysisOptions options;
  FlightTable flights;
  CallLimiter outage_calls;
};

AnalysisService::AnalysisService(cache::TieredStore& store, const detection::DetectorPanel& panel,
                                 AnalysisObserver& observer, Clock& clock, AnalysisOptions options)
    : state_(std::make_unique<State>(store, panel, observer, clock, options)) {}

AnalysisService::~AnalysisService() {
  Drain(Deadline::Never());
}

void AnalysisService::StopBy(Deadline deadline) {
  state_->flights.Close(deadline);
}

bool AnalysisService::Drain(Deadline deadline) {
  StopBy(deadline);
  return state_->flights.AwaitEmpty(deadline);
}

Result<Analysis> AnalysisService::Analyze(Content content, Deadline deadline) {
  State& state = *state_;
  const CacheKey key = content.key;
  // The memory tier is asked before boarding, so that a thousand hits on one picture do not queue
  // behind each other; everything slower is asked by one of them, inside the flight.
  if (LookupResult found = state.store.LookupMemory(key);
      state.Serves(found, MediaKindOf(content))) {
    state.observer.OnHit(key, content.file_name, found.tier, found.entry->cost_micros);
    return HitFrom(std::move(found));
  }

  const FlightTable::Boarding boarding = state.flights.Board(key);
  if (boarding.flight == nullptr) {
    Error error = boarding.closed
                      ? Error{ErrorCode::kShuttingDown, "The service is stopping; ask again."}
                      : Error{ErrorCode::kOverloaded,
                              "Too many analyses are under way; ask again in a moment."};
    error.retry_after = std::chrono::seconds(1);
    state.observer.OnError(key, error);
    return error;
  }
  if (boarding.leader) return state.Lead(std::move(content), boarding.flight, deadline);

  Result<Analysis> shared = boarding.flight->Await(deadline);
  if (!shared) {
    state.observer.OnError(key, shared.error());
    return shared;
  }
  if (shared->status == CacheStatus::kHit) {
    state.observer.OnHit(key, content.file_name, *shared->tier, shared->saved_micros);
  } else {
    shared->status = CacheStatus::kCoalesced;
    shared->saved_micros = shared->entry->cost_micros;
    state.observer.OnJoined(key, content.file_name, shared->saved_micros);
  }
  return shared;
}

Result<Analysis> AnalysisService::Find(const CacheKey& key, Deadline deadline) {
  State& state = *state_;
  LookupResult found = state.store.Lookup(
      key, deadline.Shortened(Deadline::After(state.clock, state.options.store_timeout)));
  switch (found.outcome) {
    case LookupOutcome::kHit:
      state.observer.OnHit(key, {}, found.tier, found.entry->cost_micros);
      return HitFrom(std::move(found));
    case LookupOutcome::kUnavailable:
      return Error{ErrorCode::kStoreUnavailable,
                   "The cache cannot be asked right now; upload the content instead."};
    case LookupOutcome::kCorrupt:
      state.observer.OnCorrupt(key, found.reason);
      break;
    case LookupOutcome::kMiss:
      break;
  }
  return Error{ErrorCode::kNotCached, "No verdict is known for this content; upload it."};
}

bool AnalysisService::State::Serves(const LookupResult& found, MediaKind kind) const {
  if (found.outcome != LookupOutcome::kHit) return false;
  // By default a verdict is served until its time is over, whoever made it.
  return !options.same_detectors || found.entry->detectors == panel.Fingerprint(kind);
}

/// While the store cannot say what is known, any upload might be paid for again and again.
std::optional<Error> AnalysisService::State::RefuseInOutage(const LookupResult& found,
                                                            MediaKind kind) {
  if (found.outcome != LookupOutcome::kUnavailable || !panel.Serves(kind)) return std::nullopt;
  const auto wait = outage_calls.Take();
  if (!wait) return std::nullopt;
  return Error{.code = ErrorCode::kOverloaded,
               .message =
                   "The cache is away, and the paid calls for this minute are used up; ask "
                   "again later. Known content is still answered.",
               .retry_after = *wait};
}

Result<Analysis> AnalysisService::State::Lead(Content content, std::shared_ptr<Flight> flight,
                                              Deadline deadline) {
  const CacheKey key = content.key;
  const MediaKind kind = MediaKindOf(content);
  // Ends the flight for everybody who joined it, whatever ends this function early.
  const auto end = [&](Result<Analysis> result) {
    flights.Leave(key);
    flight->Settle(result);
    return result;
  };
  try {
    // Asked with the store's own patience, not the leader's remaining time: others wait for it too.
    LookupResult found = store.Lookup(key, Deadline::After(clock, options.store_timeout));
    if (Serves(found, kind)) {
      observer.OnHit(key, content.file_name, found.tier, found.entry->cost_micros);
      return end(HitFrom(std::move(found)));
    }
    if (const std::optional<Error> refusal = RefuseInOutage(found, kind)) {
      observer.OnError(key, *refusal);
      return end(*refusal);
    }
    if (found.outcome == LookupOutcome::kCorrupt) observer.OnCorrupt(key, found.reason);
    observer.OnMiss(key, content.file_name, found);
    Launch(std::move(content), flight);
  } catch (...) {
    const Error error{ErrorCode::kInternal, "The analysis could not be begun."};
    observer.OnError(key, error);
    return end(error);
  }
  // From here on the call's own thread ends the flight: the leader may leave like any other.
  Result<Analysis> result = flight->Await(deadline);
  if (!result) observer.OnError(key, result.error());
  return result;
}

void AnalysisService::State::Launch(Content content, std::shared_ptr<Flight> flight) {
  // A thread of its own, because nobody's leaving may end the call: it is paid for. The service's
  // destructor waits for every flight, so `this` outlives the thread's last use of it.
  std::thread([this, content = std::move(content), flight = std::move(flight)]() noexcept {
    Result<Analysis> result = Error{ErrorCode::kInternal, "The analysis failed.", Charge::kUnknown};
    try {
      result = Pay(content);
    } catch (...) {
      // The error above: nobody knows what the call cost.
    }
    // Off the map first: whoever was told the result and asks again finds the store, not this
    // flight. The flight itself lives on in the hands of those who wait.
    flights.Leave(content.key);
    flight->Settle(std::move(result));
  }).detach();
}

Result<Analysis> AnalysisService::State::Pay(const Content& content) {
  const std::string digest = content.key.digest.ToHex();
  detection::DetectionTask task;
  task.kind = MediaKindOf(content);
  task.media_type = content.media_type;
  task.file = content.file.get();
  task.text = content.text;
  task.characters = content.characters;
  task.digest_hex = digest;

  detection::PanelOutcome outcome = panel.Judge(task, Deadline::After(clock, options.call_timeout));
  cache::Counters paid;
  const ContentKind kind = content.key.kind;
  paid.at(kind, Counter::kPaidCalls) = outcome.paid_calls;
  paid.at(kind, Counter::kUnknownCharges) = outcome.unknown_charges;
  paid.at(kind, Counter::kSpentMicros) = outcome.cost_micros;
  if (!outcome.verdict) {
    observer.OnPaid(content.key, paid, /*kept=*/false);
    return std::move(outcome.verdict).error();
  }
  return Keep(content, std::move(outcome.verdict).value(), outcome.cost_micros, paid);
}

Analysis AnalysisService::State::Keep(const Content& content, Verdict verdict,
                                      std::int64_t cost_micros, const cache::Counters& paid) {
  auto entry = std::make_shared<cache::Entry>();
  entry->verdict = std::move(verdict);
  entry->key = content.key;
  entry->stored_at = clock.WallNow();
  entry->cost_micros = cost_micros;
  if (content.media_type) entry->media_type = content::MediaTypeName(*content.media_type);
  entry->bytes = content.bytes;
  entry->detectors = panel.Fingerprint(MediaKindOf(content));

  Analysis analysis;
  analysis.status = CacheStatus::kMiss;
  const std::chrono::seconds whole =
      content.key.kind == ContentKind::kText ? options.ttl_text : options.ttl_analysis;
  const std::chrono::seconds ttl =
      entry->verdict.partial ? std::min(options.partial_ttl, whole) : whole;
  analysis.ttl = ttl;
  analysis.entry = entry;
  const Result<void> kept = store.Keep({.entry = entry, .ttl = ttl, .counters = paid},
                                       Deadline::After(clock, options.store_timeout));
  analysis.stored = kept && store.keeps();
  observer.OnPaid(content.key, paid, kept && store.keeps_counters());
  if (!kept) observer.OnNotKept(content.key, kept.error());
  return analysis;
}

}  // namespace vcache::analysis
