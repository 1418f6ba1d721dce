// The steps of `FlightRunner` that pay, store and release.
#include <algorithm>
#include <utility>

#include "analysis/flight_progress.h"
#include "analysis/leased_attempt.h"
#include "vcache/core/random_id.h"
#include "vcache/core/vendor_table.h"

namespace vcache::analysis {

using cache::Counter;
using cache::VendorCounter;

namespace {

/// Whether the next call to the vendors that were asked is likely to fail too, on this replica or
/// another.
bool IsWorthAPause(const Error& error) {
  const ErrorCode code = error.code;
  return !error.failed_vendors.empty() &&
         (code == ErrorCode::kVendorInvalidAnswer || code == ErrorCode::kVendorRefused ||
          code == ErrorCode::kVendorUnavailable || code == ErrorCode::kVendorTimeout);
}

cache::Counters CountersOf(cache::ContentKind kind, const detection::PanelOutcome& outcome) {
  cache::Counters paid;
  paid.at(kind, Counter::kPaidCalls) = outcome.paid_calls;
  paid.at(kind, Counter::kUnknownCharges) = outcome.unknown_charges;
  paid.at(kind, Counter::kSpentMicros) = outcome.cost.micros();
  for (const detection::VendorCall& call : outcome.calls) {
    const VendorInfo* vendor = FindVendor(call.vendor);
    if (vendor == nullptr) continue;
    const auto count = [&](VendorCounter counter) -> std::int64_t& {
      return paid.at(kind, vendor->id, counter);
    };
    if (call.charge != Charge::kNone) ++count(VendorCounter::kPaidCalls);
    if (call.charge == Charge::kUnknown) ++count(VendorCounter::kUnknownCharges);
    if (call.failed) ++count(VendorCounter::kFailures);
    count(VendorCounter::kSpentMicros) += call.cost.micros();
  }
  return paid;
}

}  // namespace

/// Notes the call before it begins, so that the note survives a crash. When the note cannot be
/// written, the journal logs that and the call goes on.
void FlightRunner::NoteBegin(LeasedAttempt& attempt, bool leased) {
  if (safeguards_.journal == nullptr || attempt.is_free || !panel_.Serves(attempt.task.kind))
    return;
  const cache::CacheKey& key = attempt.content.key;
  cache::CallNote note;
  note.id = RandomId();
  note.kind = key.kind;
  note.price = panel_.Price(attempt.task);
  note.begun = clock_.WallNow();
  if (leased) note.lease_token = attempt.token;
  if (safeguards_.journal->Begin(key, note, StoreDeadline())) attempt.noted_as = note.id;
}

/// Called after the charges are counted. A crash between the two reports a counted call as
/// unfinished; the other order could lose one.
void FlightRunner::NoteEnd(const LeasedAttempt& attempt) {
  if (attempt.noted_as.empty()) return;
  const Result<void> ended = safeguards_.journal->End(attempt.noted_as, StoreDeadline());
  (void)ended;  // the next process then reports it as unfinished
}

void FlightRunner::Pay(FlightContext& context, LeasedAttempt& attempt) {
  const Content& content = attempt.content;
  if (!content.use.shadow) observer_.OnMiss(content.key, content.file_name, context.found);
  context.flight.BeginCall();
  const bool leased = context.call_state.leased();
  NoteBegin(attempt, leased);
  if (leased && attempt.pay_before.Expired(clock_)) return EndHeldUp(context, attempt);
  FlightProgress progress(context.flight, content.file != nullptr);
  attempt.task.progress = &progress;
  detection::PanelOutcome outcome =
      panel_.Judge(attempt.task, attempt.look, Deadline::After(clock_, options_.call_timeout));
  attempt.task.progress = nullptr;
  attempt.call.reset();
  attempt.money.Settle(outcome.charges);
  if (outcome.paid_calls > 0) attempt.allowance.Use();
  attempt.paid = CountersOf(content.key.kind, outcome);
  for (const detection::VendorPrice& charge : outcome.charges) {
    if (charge.amount > Usd()) observer_.OnCharged(content.key, charge.vendor, charge.amount);
  }
  context.call_state.Paid(outcome.verdict.has_value());
  if (outcome.verdict) {
    failures_.End(content.key);
    charged_failures_.End(content.key);
    attempt.verdict = std::move(outcome.verdict).value();
    return;
  }
  observer_.OnPaid(content.key, attempt.paid, /*kept=*/false);
  NoteEnd(attempt);
  Error error = std::move(outcome.verdict).error();
  HoldBack(context, content, outcome.charged_failures, error);
  if (IsWorthAPause(error)) {
    const auto& held = attempt.task.held_vendors;
    error.failed_vendors.insert(error.failed_vendors.end(), held.begin(), held.end());
    error = failures_.Begin(content.key, std::move(error));
  }
  attempt.result = std::move(error);
}

/// The process stood still between claim and call: another replica may pay already.
void FlightRunner::EndHeldUp(FlightContext& context, LeasedAttempt& attempt) {
  context.call_state.Paid(false);
  attempt.money.Settle(FreeOfCharge(attempt));
  NoteEnd(attempt);
  attempt.result = AnotherCallGoesOn();
}

Analysis FlightRunner::Store(const FlightContext& context, LeasedAttempt& attempt) {
  const Content& content = attempt.content;
  const bool is_leased = context.call_state.leased();
  auto entry = std::make_shared<cache::Entry>();
  entry->verdict = std::move(attempt.verdict);
  // The lease ends together with its own entry only.
  const bool beside = context.found.newer;
  entry->key = beside ? BesideNewer(content.key) : content.key;
  entry->stored_at = clock_.WallNow();
  entry->cost = Usd::FromMicros(attempt.paid.total(Counter::kSpentMicros));
  if (attempt.earlier != nullptr) entry->cost += attempt.earlier->cost;
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
  analysis.replaced = context.outdated.entry != nullptr;
  if (content.use.no_store || !context.keeps) return LeaveUnstored(attempt, std::move(analysis));
  const Result<void> kept =
      store_.Put({.entry = entry,
                  .ttl = ttl,
                  .counters = attempt.paid,
                  .lease_token = is_leased && !beside ? attempt.token : std::string(),
                  .answers_ttl = entry->verdict.partial ? whole : std::chrono::seconds(0)},
                 StoreDeadline());
  if (is_leased && beside) Release(context, attempt);
  analysis.stored = kept && store_.keeps();
  observer_.OnPaid(content.key, attempt.paid, kept && store_.keeps_counters());
  if (!kept) observer_.OnNotStored(content.key, kept.error());
  NoteEnd(attempt);
  return analysis;
}

/// The caller wants no trace of the verdict. What it cost is counted all the same.
Analysis FlightRunner::LeaveUnstored(const LeasedAttempt& attempt, Analysis analysis) {
  analysis.ttl = std::chrono::milliseconds(0);
  analysis.life_known = false;
  observer_.OnPaid(attempt.content.key, attempt.paid, /*kept=*/false);
  NoteEnd(attempt);
  return analysis;
}

void FlightRunner::Release(const FlightContext& context, const LeasedAttempt& attempt) {
  const CallOutcome outcome = context.call_state.outcome();
  std::optional<Error> told;
  if (outcome == CallOutcome::kFailed && !attempt.result && IsWorthAPause(attempt.result.error())) {
    told = attempt.result.error();
  } else if (outcome != CallOutcome::kFound) {
    told = attempt.foreign_failure;  // it still holds
  }
  // A vendor may ask for an hour. Other replicas retry long before: the vendor may recover.
  if (told && told->retry_after)
    told->retry_after = std::min(*told->retry_after, options_.longest_failure_pause);
  const Result<void> released =
      safeguards_.leases->Release(attempt.content.key, attempt.token, told, StoreDeadline());
  (void)released;  // repeated by the store, or the lease expires
}

}  // namespace vcache::analysis
