#include "api/rate_gate.h"

#include <array>
#include <utility>
#include <vector>

namespace vcache::api {
namespace {

constexpr std::array<std::string_view, kQuotas> kPolicies = {"lookups", "analyses", "paid-minute",
                                                             "paid-day", "tries"};

std::optional<std::uint64_t> OwnLimit(Quota quota, const CallerLimits& limits) {
  const bool is_general = quota == Quota::kLookUps || quota == Quota::kAnalyses;
  return is_general ? limits.per_minute : std::nullopt;
}

Error TooMany(Quota quota, std::chrono::seconds wait) {
  std::string message;
  switch (quota) {
    case Quota::kLookUps:
      message = "You have made too many look-ups in a minute";
      break;
    case Quota::kAnalyses:
      message = "You have asked for too many analyses in a minute";
      break;
    case Quota::kPaidMinute:
      message = "You have had too many new contents analysed in a minute";
      break;
    case Quota::kPaidDay:
      message = "You have had as many new contents analysed as you may in a day";
      break;
    case Quota::kTries:
      message = "Too many wrong credentials came from your address";
      break;
  }
  const bool is_paid = quota == Quota::kPaidMinute || quota == Quota::kPaidDay;
  message += "; ask again after the time in Retry-After.";
  if (is_paid) message += " Known content is still answered.";
  return ForEverybody(
      {.code = ErrorCode::kRateLimited, .message = std::move(message), .retry_after = wait});
}

void AddItem(http::Response& response, std::string_view field, const std::string& item) {
  const auto before = response.headers.Get(field);
  response.headers.Set(field, before ? std::string(*before) + ", " + item : item);
}

class CallersAllowance final : public analysis::Allowance {
 public:
  CallersAllowance(std::shared_ptr<RateLimits> limits, std::string caller,
                   std::optional<analysis::CallerBudget> budget)
      : limits_(std::move(limits)), caller_(std::move(caller)), budget_(std::move(budget)) {}

  std::optional<Error> Take() override {
    if (limits_ == nullptr) return std::nullopt;
    if (const auto wait = limits_->Take(Quota::kPaidDay, caller_)) {
      return TooMany(Quota::kPaidDay, *wait);
    }
    const auto wait = limits_->Take(Quota::kPaidMinute, caller_);
    if (!wait) return std::nullopt;
    limits_->GiveBack(Quota::kPaidDay, caller_);
    return TooMany(Quota::kPaidMinute, *wait);
  }

  std::optional<Error> Look() override {
    if (limits_ == nullptr) return std::nullopt;
    for (const Quota quota : {Quota::kPaidDay, Quota::kPaidMinute}) {
      if (const auto wait = limits_->Look(quota, caller_)) return TooMany(quota, *wait);
    }
    return std::nullopt;
  }

  void GiveBack() override {
    if (limits_ == nullptr) return;
    limits_->GiveBack(Quota::kPaidDay, caller_);
    limits_->GiveBack(Quota::kPaidMinute, caller_);
  }

  std::optional<analysis::CallerBudget> budget() const override { return budget_; }

 private:
  const std::shared_ptr<RateLimits> limits_;
  const std::string caller_;
  const std::optional<analysis::CallerBudget> budget_;
};

}  // namespace

std::string CountedAs(const http::RequestInfo& request, const Caller& caller) {
  const bool has_name = caller.kind != CallerKind::kAnonymous && !caller.name.empty();
  return has_name ? caller.LogName() : "address:" + request.client_group;
}

void AddRateFields(http::Response& response, Quota quota, const QuotaState& state) {
  const std::string name = "\"" + std::string(kPolicies[static_cast<std::size_t>(quota)]) + "\"";
  AddItem(
      response, "RateLimit-Policy",
      name + ";q=" + std::to_string(state.limit) + ";w=" + std::to_string(state.window.count()));
  AddItem(
      response, "RateLimit",
      name + ";r=" + std::to_string(state.left) + ";t=" + std::to_string(state.resets_in.count()));
}

bool RateGate::IsLimited(Quota quota, const Caller& caller) const {
  return limits_ != nullptr && limits_->LimitOf(quota, OwnLimit(quota, caller.limits)) > 0;
}

std::optional<Error> RateGate::Admit(http::RequestInfo& request, const Caller& caller,
                                     Need need) const {
  if (need != Need::kLookUp && need != Need::kAnalysis) return std::nullopt;
  const Quota counted = need == Need::kLookUp ? Quota::kLookUps : Quota::kAnalyses;
  std::vector<Quota> told;
  const auto tell = [&](Quota quota) {
    if (IsLimited(quota, caller)) told.push_back(quota);
  };
  tell(counted);
  if (need == Need::kAnalysis) {
    tell(Quota::kPaidMinute);
    tell(Quota::kPaidDay);
  }
  if (told.empty()) return std::nullopt;
  const std::string counted_as = CountedAs(request, caller);
  request.finish = [limits = limits_, counted_as, own = caller.limits,
                    told = std::move(told)](http::Response& response) {
    for (const Quota quota : told) {
      AddRateFields(response, quota, limits->State(quota, counted_as, OwnLimit(quota, own)));
    }
  };
  if (!IsLimited(counted, caller)) return std::nullopt;
  const auto wait = limits_->Take(counted, counted_as, OwnLimit(counted, caller.limits));
  if (!wait) return std::nullopt;
  return TooMany(counted, *wait);
}

std::shared_ptr<analysis::Allowance> RateGate::AllowanceFor(const http::RequestInfo& request,
                                                            const Caller& caller) const {
  const bool has_quota =
      IsLimited(Quota::kPaidMinute, caller) || IsLimited(Quota::kPaidDay, caller);
  std::optional<analysis::CallerBudget> budget;
  if (caller.limits.daily_budget) budget = {caller.LogName(), *caller.limits.daily_budget};
  if (!has_quota && !budget) return nullptr;
  return std::make_shared<CallersAllowance>(limits_, CountedAs(request, caller), std::move(budget));
}

std::optional<Error> RateGate::TooManyTries(const http::RequestInfo& request) const {
  if (limits_ == nullptr) return std::nullopt;
  const auto wait = limits_->Look(Quota::kTries, "address:" + request.client_group);
  if (!wait) return std::nullopt;
  return TooMany(Quota::kTries, *wait);
}

std::uint64_t RateGate::CountTry(const http::RequestInfo& request) const {
  if (limits_ == nullptr) return 0;
  return limits_->Count(Quota::kTries, "address:" + request.client_group);
}

}  // namespace vcache::api
