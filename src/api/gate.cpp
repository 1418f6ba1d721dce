#include "api/gate.h"

#include <string>
#include <utility>
#include <vector>

namespace vcache::api {
namespace {

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

Gate::Gate(std::shared_ptr<const Authenticator> authenticator, SiteRules sites, Logger& logger)
    : authenticator_(std::move(authenticator)), sites_(std::move(sites)), logger_(logger) {}

std::optional<Error> Gate::Admit(http::RequestInfo& request, Need need) const {
  if (auto refusal = sites_.RefuseHost(request)) return refusal;
  if (auto refusal = sites_.RefuseForeignSite(request)) return refusal;
  return AdmitCaller(request, need);
}

std::optional<Error> Gate::AdmitCaller(http::RequestInfo& request, Need need) const {
  const bool for_admins = IsForAdmins(need);
  const bool is_open = !for_admins && (authenticator_ == nullptr || !authenticator_->has_users());
  if (need == Need::kMetrics) {
    if (authenticator_ == nullptr || !authenticator_->has_monitors()) return MetricsTurnedOff();
  } else if (for_admins && (authenticator_ == nullptr || !authenticator_->has_admins())) {
    return AdminsTurnedOff();
  }
  if (authenticator_ == nullptr) return std::nullopt;
  const Identity identity = authenticator_->Identify(request.headers);
  request.caller = identity.caller.LogName();
  request.caller_is_admin = identity.caller.May(Need::kAdminRead);
  // Whom an open route need not know may also send credentials that are meant for a proxy.
  if (is_open || identity.caller.May(need)) return std::nullopt;
  if (identity.is_refused) {
    if (for_admins) LogRefusal(request, identity.reason);
    return WrongCredentials(identity.reason);
  }
  if (identity.caller.kind == CallerKind::kAnonymous) return NoCredentials();
  if (for_admins) LogRefusal(request, "the caller is no administrator");
  return NotForThisCaller(identity.caller);
}

void Gate::LogRefusal(const http::RequestInfo& request, std::string_view reason) const {
  std::vector<LogField> fields = {{"client", request.client}};
  if (!request.caller.empty()) fields.push_back({"caller", request.caller});
  fields.push_back({"reason", reason});
  fields.push_back({"request_id", request.id});
  logger_.Log(LogLevel::kWarn, "A try at the admin routes was refused", fields);
}

}  // namespace vcache::api
