#include "api/gate.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace vcache::api {
namespace {

constexpr std::chrono::milliseconds kFirstDelay{100};
constexpr std::chrono::milliseconds kLongestDelay{5'000};

bool IsForAdmins(Need need) {
  return need == Need::kAdmin || need == Need::kAdminRead || need == Need::kMetrics;
}

Error AdminsTurnedOff() {
  return {ErrorCode::kForbidden,
          "The admin routes are turned off; set ADMIN_TOKEN to a random text of at least 16 "
          "characters and restart the service.",
          Charge::kNone, std::nullopt, "The admin routes are turned off."};
}

Error MetricsTurnedOff() {
  return {ErrorCode::kForbidden,
          "/metrics is turned off; set METRICS_TOKEN to a random text of at least 16 characters "
          "and restart the service.",
          Charge::kNone, std::nullopt, "/metrics is turned off."};
}

Error NoCredentials() {
  return ForEverybody({ErrorCode::kUnauthenticated,
                       "Send your token or key as \"Authorization: Bearer <token>\"."});
}

/// One text, whatever is wrong with them: it must not help anybody who guesses. The log has the
/// reason.
Error WrongCredentials(const std::string& reason) {
  return {ErrorCode::kUnauthenticated, "The credentials are refused: " + reason + ".",
          Charge::kNone, std::nullopt, "The credentials are wrong or no longer valid."};
}

Error NotForThisCaller(const Caller& caller) {
  if (caller.scope == AccessScope::kAdminRead) {
    return ForEverybody({ErrorCode::kForbidden, "These credentials may only read."});
  }
  if (caller.scope == AccessScope::kMetrics) {
    return ForEverybody({ErrorCode::kForbidden, "These credentials may only read /metrics."});
  }
  return ForEverybody({ErrorCode::kForbidden, "This needs the rights of an administrator."});
}

}  // namespace

Gate::Gate(std::shared_ptr<const Authenticator> authenticator, SiteRules sites, RateGate rates,
           Logger& logger)
    : authenticator_(std::move(authenticator)),
      sites_(std::move(sites)),
      rates_(std::move(rates)),
      logger_(logger) {}

Result<Caller> Gate::Admit(http::RequestInfo& request, Need need) const {
  if (auto refusal = sites_.RefuseHost(request)) return *std::move(refusal);
  if (auto refusal = sites_.RefuseForeignSite(request)) return *std::move(refusal);
  Result<Caller> caller = AdmitCaller(request, need);
  if (!caller) return caller;
  if (auto refusal = rates_.Admit(request, *caller, need)) return *std::move(refusal);
  return caller;
}

Result<Caller> Gate::AdmitCaller(http::RequestInfo& request, Need need) const {
  const bool for_admins = IsForAdmins(need);
  const bool is_open = !for_admins && (authenticator_ == nullptr || !authenticator_->has_users());
  if (need == Need::kMetrics) {
    if (authenticator_ == nullptr || !authenticator_->has_monitors()) return MetricsTurnedOff();
  } else if (for_admins && (authenticator_ == nullptr || !authenticator_->has_admins())) {
    return AdminsTurnedOff();
  }
  if (authenticator_ == nullptr) return Caller{};
  const bool has_credentials = Authenticator::HasCredentials(request.headers);
  auto too_many = has_credentials ? rates_.TooManyTries(request) : std::nullopt;
  if (too_many && for_admins) return *std::move(too_many);
  const Identity identity = authenticator_->Identify(request.headers);
  const Caller& caller = identity.caller;
  // Elsewhere too nobody shall learn that a guess was right. What is signed is not guessed.
  const bool could_be_guess = caller.kind != CallerKind::kUser && caller.May(Need::kAdminRead);
  if (too_many && could_be_guess) return *std::move(too_many);
  request.caller = caller.LogName();
  request.may_bypass_cache = MayBypassCache(caller);
  request.caller_is_admin = caller.May(Need::kAdminRead);
  // Whom an open route need not know may also send credentials that are meant for a proxy.
  if (is_open || caller.May(need)) return caller;
  if (identity.is_refused) {
    if (for_admins) LogRefusal(request, identity.reason);
    if (identity.is_guess) NoteTry(request, for_admins, too_many.has_value());
    return WrongCredentials(identity.reason);
  }
  if (caller.kind == CallerKind::kAnonymous) return NoCredentials();
  if (for_admins) LogRefusal(request, "the caller is no administrator");
  return NotForThisCaller(caller);
}

/// Each wrong try makes the next answer later; the last one is told to the log.
void Gate::NoteTry(http::RequestInfo& request, bool for_admins, bool was_too_many) const {
  const std::uint64_t tries = rates_.CountTry(request);
  if (tries == 0) return;
  if (for_admins) {
    const auto doublings = std::min<std::uint64_t>(tries - 1, 16);
    request.answer_delay =
        std::min(std::chrono::milliseconds(kFirstDelay.count() << doublings), kLongestDelay);
  }
  if (was_too_many || !rates_.TooManyTries(request)) return;
  logger_.Warn(
      "Too many wrong credentials from one address: none of an administrator is accepted "
      "from there for a while",
      {{"client", request.client},
       {"tries", static_cast<std::int64_t>(tries)},
       {"request_id", request.id}});
}

void Gate::LogRefusal(const http::RequestInfo& request, std::string_view reason) const {
  std::vector<LogField> fields = {{"client", request.client}};
  if (!request.caller.empty()) fields.push_back({"caller", request.caller});
  fields.push_back({"reason", reason});
  fields.push_back({"request_id", request.id});
  logger_.Log(LogLevel::kWarn, "A try at the admin routes was refused", fields);
}

}  // namespace vcache::api
