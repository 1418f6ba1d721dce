// Whether a flight may pay: the steps of `FlightRunner` before a paid call.
#include <utility>

#include "analysis/call_limits.h"
#include "analysis/leased_attempt.h"

namespace vcache::analysis {

Error ServiceStops() {
  return ForEverybody({.code = ErrorCode::kShuttingDown,
                       .message = "The service is stopping; ask again.",
                       .retry_after = std::chrono::seconds(1)});
}

Error TooManyAnalyses() {
  return ForEverybody({.code = ErrorCode::kOverloaded,
                       .message = "Too many analyses are under way; ask again in a moment.",
                       .retry_after = std::chrono::seconds(1)});
}

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

/// The reason why no call may be paid for now. It inspects the file first, because the price
/// depends on it. A free answer needs no budget.
std::optional<Error> FlightRunner::CheckAdmission(const FlightContext& context,
                                                  LeasedAttempt& attempt) {
  if (stopping_) return ServiceStops();
  if (auto held = failures_.Find(attempt.content.key)) {
    attempt.Hold(held->failed_vendors);
    if (panel_.VendorsToAsk(attempt.task).empty()) return held;
  }
  attempt.look = panel_.LookInto(attempt.task);
  attempt.look.AddTo(attempt.task);
  attempt.is_free = panel_.Decides(attempt.look);
  if (attempt.is_free || !panel_.Serves(attempt.task.kind)) return std::nullopt;
  if (auto over = OverLimit(options_, attempt.task, panel_.Price(attempt.task))) return over;
  attempt.call = calls_.Enter();
  if (!attempt.call) return TooManyAnalyses();
  if (auto refused = ReserveBudget(attempt)) return refused;
  return TakeOutageCall(context, attempt);
}

/// Limits the calls while a store cannot say what is known or cannot keep what is paid for: each
/// upload of one content would be paid for again. Asked last: a call that is refused for another
/// reason does not count.
std::optional<Error> FlightRunner::TakeOutageCall(const FlightContext& context,
                                                  LeasedAttempt& attempt) {
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

std::optional<Error> FlightRunner::ReserveBudget(LeasedAttempt& attempt) {
  if (safeguards_.budget == nullptr) return std::nullopt;
  auto reserved = safeguards_.budget->Reserve(panel_.Prices(attempt.task), StoreDeadline());
  if (!reserved) return std::move(reserved).error();
  attempt.money = std::move(*reserved);
  return std::nullopt;
}

}  // namespace vcache::analysis
