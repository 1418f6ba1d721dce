// Whether a flight may pay: the steps of `FlightRunner` before a paid call, and what holds back the
// next.
#include <algorithm>
#include <utility>

#include "analysis/call_limits.h"
#include "analysis/leased_attempt.h"

namespace vcache::analysis {

Error ServiceStops() {
  return ForEverybody({.code = ErrorCode::kShuttingDown,
                       .message = "The service is stopping; ask again.",
                       .retry_after = std::chrono::seconds(1)});
}

Error AnotherCallGoesOn() {
  return ForEverybody({.code = ErrorCode::kOverloaded,
                       .message =
                           "Another replica's analysis of this content is still going on; ask "
                           "again later, its result will be kept.",
                       .retry_after = std::chrono::seconds(5)});
}

Error TooManyAnalyses() {
  return ForEverybody({.code = ErrorCode::kOverloaded,
                       .message = "Too many analyses are under way; ask again in a moment.",
                       .retry_after = std::chrono::seconds(1)});
}

Error HeldBack(std::vector<std::string> vendors) {
  Error error = ForEverybody(
      {.code = ErrorCode::kVendorUnavailable,
       .message = "Calls for this content were charged and gave no verdict, so it waits longer "
                  "before the next; ask again after the time in Retry-After."});
  error.failed_vendors = std::move(vendors);
  return error;
}

namespace {

std::optional<Error> StoredHold(const std::optional<cache::ChargedFailure>& failure, WallTime now) {
  if (!failure || failure->until <= now) return std::nullopt;
  Error error = HeldBack(failure->vendors);
  const auto left = std::chrono::ceil<std::chrono::seconds>(failure->until - now);
  error.retry_after = std::min<std::chrono::seconds>(left, cache::kLongestChargedPause);
  return error;
}

}  // namespace

detection::DetectionTask TaskOf(const Content& content, const std::string& digest) {
  detection::DetectionTask task;
  task.kind = MediaKindOf(content);
  task.media_type = content.media_type;
  task.pictures = content.pictures;
  task.file = content.file.get();
  task.text = content.text;
  task.characters = content.characters;
  task.digest_hex = digest;
  task.trace_parent = content.trace_parent;
  return task;
}

/// The reason why no call may be paid for now. It inspects the file first, because the price
/// depends on it. A free answer needs no budget.
std::optional<Error> FlightRunner::CheckAdmission(const FlightContext& context,
                                                  LeasedAttempt& attempt) {
  if (stopping_) return ServiceStops();
  const cache::SharedEntry& earlier = context.found.earlier;
  const bool may_join =
      earlier != nullptr && !attempt.content.use.max_age &&
      (!options_.same_detectors || earlier->detectors == panel_.Fingerprint(attempt.task.kind));
  if (may_join) {
    attempt.earlier = earlier;
    attempt.task.earlier = &attempt.earlier->verdict;
  }
  if (auto held = CheckHolds(context, attempt)) return held;
  attempt.look = panel_.LookInto(attempt.task);
  attempt.look.AddTo(attempt.task);
  attempt.is_free = panel_.Decides(attempt.look);
  if (attempt.is_free || !panel_.Serves(attempt.task.kind)) return std::nullopt;
  if (auto over = OverLimit(options_, attempt.task, panel_.Price(attempt.task))) return over;
  attempt.call = calls_.Enter();
  if (!attempt.call) return TooManyAnalyses();
  if (auto refused = FindPayer(context, attempt)) return refused;
  return TakeOutageCall(context, attempt);
}

/// The error of a failed call before, when its vendors are all that could be asked; else the others
/// are asked.
std::optional<Error> FlightRunner::CheckHolds(const FlightContext& context,
                                              LeasedAttempt& attempt) {
  const cache::CacheKey& key = attempt.content.key;
  failures_.Lift(store_.clears());
  charged_failures_.Lift(store_.clears());
  const auto holds = [&](const std::optional<Error>& hold) {
    if (!hold) return false;
    attempt.Hold(hold->failed_vendors);
    return attempt.earlier == nullptr && panel_.VendorsToAsk(attempt.task).empty();
  };
  if (auto held = failures_.Find(key); holds(held)) return held;
  auto held = charged_failures_.Find(key);
  if (!holds(held)) held = StoredHold(context.found.charged_failure, clock_.WallNow());
  if (!holds(held)) return std::nullopt;
  observer_.OnHeldBack(key);
  return held;
}

/// Calls that cost and brought nothing: the next may do the same, on whichever replica.
void FlightRunner::HoldBack(const FlightContext& context, const Content& content,
                            const std::vector<std::string>& vendors, Error& error) {
  if (vendors.empty()) return;
  const cache::CacheKey& key = content.key;
  const auto& before = context.found.charged_failure;
  const auto pause =
      charged_failures_
          .Begin(key, HeldBack(vendors), before ? before->pause : std::chrono::seconds(0))
          .retry_after;
  if (!pause) return;  // pauses are turned off
  error.retry_after = std::max(error.retry_after.value_or(*pause), *pause);
  if (content.use.no_store) return;
  const Result<void> held =
      store_.HoldBack(key, {vendors, *pause, clock_.WallNow() + *pause}, StoreDeadline());
  (void)held;  // then this process alone holds it back
}

/// Limits the calls while a store cannot say what is known or cannot keep what is paid for: each
/// upload of one content would be paid for again. Asked last: a call that is refused for another
/// reason does not count.
std::optional<Error> FlightRunner::TakeOutageCall(const FlightContext& context,
                                                  LeasedAttempt& attempt) {
  // Without a cache nobody would have asked whether it is there.
  if (attempt.content.use.shadow) return std::nullopt;
  if (!context.call_state.in_outage() && (store_.available() || !store_.keeps())) {
    outage_calls_.EndOutage();
    return std::nullopt;
  }
  const auto wait = outage_calls_.Take();
  if (!wait) return std::nullopt;
  attempt.money.Settle(FreeOfCharge(attempt));
  return ForEverybody({.code = ErrorCode::kOverloaded,
                       .message =
                           "The cache is away or full, and the paid calls for this outage are used "
                           "up; ask again later. Known content is still answered.",
                       .retry_after = *wait});
}

/// The charges of a reservation without a call.
std::vector<detection::VendorPrice> FlightRunner::FreeOfCharge(const LeasedAttempt& attempt) const {
  std::vector<detection::VendorPrice> nothing = panel_.Prices(attempt.task);
  for (detection::VendorPrice& price : nothing) price.amount = Usd();
  return nothing;
}

/// The leader pays. When it has used up what it may, anybody who waits for the same content does:
/// nobody is refused because somebody else asked first.
std::optional<Error> FlightRunner::FindPayer(const FlightContext& context, LeasedAttempt& attempt) {
  std::optional<Error> refused = PayAs(attempt.content.allowance, attempt);
  if (!refused || refused->code != ErrorCode::kRateLimited) return refused;
  for (const auto& other : context.flight.Allowances()) {
    if (other == attempt.content.allowance) continue;
    const auto also_refused = PayAs(other, attempt);
    if (!also_refused || also_refused->code != ErrorCode::kRateLimited) return also_refused;
  }
  return refused;
}

std::optional<Error> FlightRunner::PayAs(const std::shared_ptr<Allowance>& allowance,
                                         LeasedAttempt& attempt) {
  if (allowance != nullptr) {
    if (auto refused = allowance->Take()) return refused;
  }
  attempt.allowance = TakenAllowance(allowance);
  auto refused = ReserveBudget(attempt);
  if (refused) attempt.allowance = TakenAllowance();
  return refused;
}

std::optional<Error> FlightRunner::ReserveBudget(LeasedAttempt& attempt) {
  if (safeguards_.budget == nullptr) return std::nullopt;
  auto reserved = safeguards_.budget->Reserve(panel_.Prices(attempt.task), StoreDeadline(),
                                              attempt.allowance.budget());
  if (!reserved) return std::move(reserved).error();
  attempt.money = std::move(*reserved);
  return std::nullopt;
}

}  // namespace vcache::analysis
