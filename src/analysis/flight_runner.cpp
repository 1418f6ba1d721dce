#include "analysis/flight_runner.h"

#include <algorithm>
#include <random>
#include <utility>

#include "analysis/call_limits.h"
#include "analysis/worth.h"
#include "vcache/core/random_id.h"

namespace vcache::analysis {

using cache::Counter;
using cache::LeaseState;
using cache::LookupOutcome;
using cache::LookupResult;
using detection::MediaKind;
using std::chrono::milliseconds;

namespace {

/// How long whoever waits for another replica relies on being told, before looking again: it grows
/// from the first to the last, and differs by chance, so that replicas do not look all at once.
constexpr milliseconds kFirstPause{200};
constexpr milliseconds kLongestPause{2'000};

milliseconds WithJitter(milliseconds pause) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  std::uniform_int_distribution<milliseconds::rep> within(pause.count() / 2, pause.count());
  return milliseconds(within(generator));
}

Error AnotherCallGoesOn() {
  Error error{ErrorCode::kOverloaded,
              "Another replica's analysis of this content is still going on; ask again later, its "
              "result will be kept."};
  error.retry_after = std::chrono::seconds(5);
  return ForEverybody(std::move(error));
}

Error Stopping() {
  Error error{ErrorCode::kShuttingDown, "The service is stopping; ask again."};
  error.retry_after = std::chrono::seconds(1);
  return ForEverybody(std::move(error));
}

/// Whether a failure says something of the next try, on this replica or another.
bool IsWorthAPause(ErrorCode code) {
  return code == ErrorCode::kVendorInvalidAnswer || code == ErrorCode::kVendorRefused ||
         code == ErrorCode::kVendorUnavailable || code == ErrorCode::kVendorTimeout;
}

cache::Counters CountersOf(cache::ContentKind kind, const detection::PanelOutcome& outcome) {
  cache::Counters paid;
  paid.at(kind, Counter::kPaidCalls) = outcome.paid_calls;
  paid.at(kind, Counter::kUnknownCharges) = outcome.unknown_charges;
  paid.at(kind, Counter::kSpentMicros) = outcome.cost_micros;
  return paid;
}

/// Both must outlive the task.
detection::DetectionTask TaskOf(const Content& content, const std::string& digest) {
  detection::DetectionTask task;
  task.kind = MediaKindOf(content);
  task.media_type = content.media_type;
  task.pictures = content.pictures;
  task.file = content.file.get();
  task.text = content.text;
  task.characters = content.characters;
  task.digest_hex = digest;
  return task;
}

}  // namespace

MediaKind MediaKindOf(const Content& content) {
  if (content.key.kind == cache::ContentKind::kText) return MediaKind::kText;
  return content.media_type && content::IsVideo(*content.media_type) ? MediaKind::kVideo
                                                                     : MediaKind::kImage;
}

Analysis AnalysisOf(LookupResult found, std::int64_t saved_micros) {
  Analysis analysis;
  analysis.saved_micros = saved_micros;
  analysis.entry = std::move(found.entry);
  analysis.status = CacheStatus::kHit;
  analysis.tier = found.tier;
  analysis.ttl = found.ttl;
  analysis.life_known = found.life_known;
  analysis.stored = true;
  return analysis;
}

/// One flight from the claim on.
struct FlightRunner::Leg {
  const Content& content;
  Deadline hope;  ///< The longest that other replicas are waited for.
  const std::string digest = content.key.digest.ToHex();
  detection::DetectionTask task = TaskOf(content, digest);
  detection::FirstLook look{};  ///< What the file tells, looked at once, before admission.
  bool is_free = false;         ///< It decides: nobody is paid.
  std::string token{};
  /// When a call that the lease stands for must have ended. Counted from before it was asked for: a
  /// process that is held up between claim and call would else pay while the next owner does.
  Deadline call_end = Deadline::Never();
  std::unique_ptr<cache::LeaseNews::Listener> news{};
  milliseconds pause = kFirstPause;
  Verdict verdict{};  ///< Paid for, to be kept.
  cache::Counters paid{};
  std::string noted_as{};     ///< The call in the journal; empty when it is not there.
  BudgetReservation money{};  ///< For the call; kept as spent unless it is settled.
  Result<Analysis> result = Error{ErrorCode::kInternal, "The analysis failed."};
};

FlightRunner::FlightRunner(cache::TieredStore& store, const detection::DetectorPanel& panel,
                           AnalysisObserver& observer, Clock& clock, const AnalysisOptions& options,
                           const Safeguards& safeguards)
    : store_(store),
      panel_(panel),
      observer_(observer),
      clock_(clock),
      options_(options),
      safeguards_(safeguards),
      outage_calls_(options.outage_calls_per_minute, clock),
      holds_({.first = options.failure_pause, .longest = options.longest_failure_pause}, clock) {}

std::int64_t FlightRunner::WorthOf(const cache::Entry& entry, const Content& content) const {
  return entry.foreign ? PriceNow(panel_, content) : entry.cost_micros;
}

bool FlightRunner::Serves(const LookupResult& found, MediaKind kind) const {
  if (found.outcome != LookupOutcome::kHit) return false;
  // By default a verdict is served until its time is over, whoever made it.
  return !options_.same_detectors || found.entry->detectors == panel_.Fingerprint(kind);
}

Sight FlightRunner::SightOf(const LookupResult& found, const Content& content) const {
  if (Serves(found, MediaKindOf(content))) return Sight::kVerdict;
  return found.outcome == LookupOutcome::kUnavailable ? Sight::kUnavailable : Sight::kNothing;
}

Deadline FlightRunner::StorePatience() const {
  return Deadline::After(clock_, options_.store_timeout);
}

void FlightRunner::Stop() {
  stopping_ = true;
  if (safeguards_.news != nullptr) safeguards_.news->AnnounceAll();
}

std::optional<Result<Analysis>> FlightRunner::LookUp(Course& course, const Content& content) {
  // Asked with the store's own patience, not the leader's remaining time: others wait for it too.
  course.found = store_.Lookup(content.key, StorePatience());
  if (course.found.outcome == LookupOutcome::kCorrupt) {
    observer_.OnCorrupt(content.key, course.found.reason);
  }
  course.passage.LookedUp(SightOf(course.found, content));
  if (course.passage.step() != Step::kLand) return std::nullopt;
  const std::int64_t saved_micros = WorthOf(*course.found.entry, content);
  return AnalysisOf(std::move(course.found), saved_micros);
}

Result<Analysis> FlightRunner::Run(Course& course, const Content& content) {
  Passage& passage = course.passage;
  // The lease of a replica that dies, the pause in which that is not noticed, and one more call.
  const milliseconds longest = 2 * (options_.call_timeout + options_.lease_margin) + kLongestPause;
  Leg leg{.content = content, .hope = Deadline::After(clock_, longest)};
  while (passage.step() != Step::kLand) {
    switch (passage.step()) {
      case Step::kClaim:
        Claim(course, leg);
        break;
      case Step::kAwaitNews:
        passage.Waited(AwaitNews(leg));
        break;
      case Step::kAdmit: {
        const std::optional<Error> refusal = Refusal(course, leg);
        if (refusal) leg.result = *refusal;
        passage.Admitted(!refusal);
        break;
      }
      case Step::kPay:
        Pay(course, leg);
        break;
      case Step::kKeep:
        leg.result = Keep(leg, passage.leased() ? leg.token : std::string());
        passage.Kept();
        break;
      case Step::kRelease:
        Release(course, leg);
        passage.Released();
        break;
      case Step::kLookUp:
      case Step::kLand:
        return Error{ErrorCode::kInternal, "A flight took a step that it cannot take."};
    }
  }
  if (passage.landing() == Landing::kLostHope) {
    return stopping_ ? Stopping() : AnotherCallGoesOn();
  }
  return std::move(leg.result);
}

void FlightRunner::Claim(Course& course, Leg& leg) {
  // Listening begins before the question, so that no announcement falls between the two.
  if (leg.news == nullptr && safeguards_.news != nullptr) {
    leg.news = safeguards_.news->Listen(leg.content.key);
  }
  leg.token = RandomId();
  leg.call_end = Deadline::After(clock_, options_.call_timeout);
  cache::Claim claim = safeguards_.leases->ClaimLease(
      {leg.content.key, leg.token, options_.call_timeout + options_.lease_margin}, StorePatience());
  course.passage.Claimed(SightOf(claim.found, leg.content), claim.state);
  if (course.passage.landing() == Landing::kToldSo && claim.failure) leg.result = *claim.failure;
  if (SightOf(claim.found, leg.content) == Sight::kVerdict) {
    const std::int64_t saved_micros = WorthOf(*claim.found.entry, leg.content);
    leg.result = AnalysisOf(std::move(claim.found), saved_micros);
    // Somebody else paid for it while we asked.
    if (course.passage.waited()) leg.result->status = CacheStatus::kCoalesced;
  } else {
    course.found = std::move(claim.found);
  }
}

/// False when no time is left to wait in.
bool FlightRunner::AwaitNews(Leg& leg) {
  if (stopping_ || leg.hope.Expired(clock_)) return false;
  const Result<bool> held = safeguards_.leases->AskForNews(leg.content.key, StorePatience());
  if (held && !*held) return true;
  const Deadline until = Deadline::After(clock_, WithJitter(leg.pause)).Shortened(leg.hope);
  leg.pause = std::min(2 * leg.pause, kLongestPause);
  if (leg.news != nullptr) leg.news->Await(until);
  return !stopping_;
}

/// Why no call may be paid for now, when it is known what it can cost: so the file is looked into
/// before. What costs nothing needs no leave to spend.
std::optional<Error> FlightRunner::Refusal(const Course& course, Leg& leg) {
  if (stopping_) return Stopping();
  if (auto held = holds_.Find(leg.content.key)) return held;
  leg.look = panel_.LookInto(leg.task);
  leg.look.AddTo(leg.task);
  leg.is_free = panel_.Decides(leg.look);
  if (leg.is_free || !panel_.Serves(leg.task.kind)) return std::nullopt;
  if (auto over = OverLimit(options_, leg.task, panel_.PriceMicros(leg.task))) return over;
  if (course.passage.in_outage()) {
    // While the store cannot say what is known, any upload might be paid for again and again.
    if (const auto wait = outage_calls_.Take()) {
      return ForEverybody({.code = ErrorCode::kOverloaded,
                           .message =
                               "The cache is away, and the paid calls for this minute are used "
                               "up; ask again later. Known content is still answered.",
                           .retry_after = *wait});
    }
  }
  return SetMoneyAside(leg);
}

/// Why the budget does not allow the call, if it does not.
std::optional<Error> FlightRunner::SetMoneyAside(Leg& leg) {
  if (safeguards_.budget == nullptr) return std::nullopt;
  auto reserved = safeguards_.budget->Reserve(panel_.Prices(leg.task), StorePatience());
  if (!reserved) return std::move(reserved).error();
  leg.money = std::move(*reserved);
  return std::nullopt;
}

/// Before the call, so that whatever kills the process leaves the note behind. It is an aid for
/// afterwards: when it cannot be written, which the journal says, the call goes on without.
void FlightRunner::NoteBegin(Leg& leg) {
  if (safeguards_.journal == nullptr || leg.is_free || !panel_.Serves(leg.task.kind)) return;
  const cache::CacheKey& key = leg.content.key;
  cache::CallNote note;
  note.id = RandomId();
  note.kind = key.kind;
  note.price_micros = panel_.PriceMicros(leg.task);
  note.begun = clock_.WallNow();
  if (safeguards_.journal->Begin(key, note, StorePatience())) leg.noted_as = note.id;
}

/// After what the call cost is counted: killed between the two, it is told once too often, not
/// never.
void FlightRunner::NoteEnd(const Leg& leg) {
  if (leg.noted_as.empty()) return;
  const Result<void> ended = safeguards_.journal->End(leg.noted_as, StorePatience());
  (void)ended;  // else told of after the end of this process
}

void FlightRunner::Pay(Course& course, Leg& leg) {
  const Content& content = leg.content;
  observer_.OnMiss(content.key, content.file_name, course.found);
  NoteBegin(leg);
  Deadline until = Deadline::After(clock_, options_.call_timeout);
  if (course.passage.leased()) until = until.Shortened(leg.call_end);
  detection::PanelOutcome outcome = panel_.Judge(leg.task, leg.look, until);
  leg.money.Settle(outcome.charges);
  leg.paid = CountersOf(content.key.kind, outcome);
  course.passage.Paid(outcome.verdict.has_value());
  if (outcome.verdict) {
    holds_.End(content.key);
    leg.verdict = std::move(outcome.verdict).value();
    return;
  }
  observer_.OnPaid(content.key, leg.paid, /*kept=*/false);
  NoteEnd(leg);
  Error error = std::move(outcome.verdict).error();
  if (IsWorthAPause(error.code)) error = holds_.Begin(content.key, std::move(error));
  leg.result = std::move(error);
}

Analysis FlightRunner::Keep(Leg& leg, const std::string& lease) {
  const Content& content = leg.content;
  auto entry = std::make_shared<cache::Entry>();
  entry->verdict = std::move(leg.verdict);
  entry->key = content.key;
  entry->stored_at = clock_.WallNow();
  entry->cost_micros = leg.paid.total(Counter::kSpentMicros);
  if (content.media_type) entry->media_type = content::MediaTypeName(*content.media_type);
  entry->bytes = content.bytes;
  entry->detectors = panel_.Fingerprint(MediaKindOf(content));

  Analysis analysis;
  analysis.status = CacheStatus::kMiss;
  const std::chrono::seconds whole =
      content.key.kind == cache::ContentKind::kText ? options_.ttl_text : options_.ttl_analysis;
  const std::chrono::seconds ttl =
      entry->verdict.partial ? std::min(options_.partial_ttl, whole) : whole;
  analysis.ttl = ttl;
  analysis.entry = entry;
  const Result<void> kept = store_.Keep(
      {.entry = entry, .ttl = ttl, .counters = leg.paid, .lease_token = lease}, StorePatience());
  analysis.stored = kept && store_.keeps();
  observer_.OnPaid(content.key, leg.paid, kept && store_.keeps_counters());
  if (!kept) observer_.OnNotKept(content.key, kept.error());
  NoteEnd(leg);
  return analysis;
}

void FlightRunner::Release(const Course& course, const Leg& leg) {
  std::optional<Error> told;
  if (course.passage.landing() == Landing::kFailed && !leg.result &&
      IsWorthAPause(leg.result.error().code)) {
    told = leg.result.error();
  }
  const Result<void> released =
      safeguards_.leases->Release(leg.content.key, leg.token, told, StorePatience());
  (void)released;  // else it ends by itself
}

}  // namespace vcache::analysis
