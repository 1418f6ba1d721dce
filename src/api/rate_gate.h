#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "vcache/analysis/allowance.h"
#include "vcache/api/auth/caller.h"
#include "vcache/api/rate_limits.h"
#include "vcache/core/error.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// By whom requests count: the user, the key or the token; else the client's address.
std::string CountedAs(const http::RequestInfo& request, const Caller& caller);

/// Asks the rate limits about requests. Thread-safe.
class RateGate {
 public:
  /// Null: no limits.
  explicit RateGate(std::shared_ptr<RateLimits> limits) : limits_(std::move(limits)) {}

  /// Counts a look-up or an analysis, and says why it is one too many (kRateLimited). The request's
  /// answer then tells how the caller stands. Requests of administrators' routes do not count.
  std::optional<Error> Admit(http::RequestInfo& request, const Caller& caller, Need need) const;

  /// For the content of an admitted analysis; null: nothing limits it.
  std::shared_ptr<analysis::Allowance> AllowanceFor(const http::RequestInfo& request,
                                                    const Caller& caller) const;

  /// The refusal of an address from which too many wrong credentials came.
  std::optional<Error> TooManyTries(const http::RequestInfo& request) const;
  /// One more wrong try of the request's address; how many that makes in a minute, 0 without limit.
  std::uint64_t CountTry(const http::RequestInfo& request) const;

 private:
  bool IsLimited(Quota quota, const Caller& caller) const;

  const std::shared_ptr<RateLimits> limits_;
};

/// `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10, one item more.
void AddRateFields(http::Response& response, Quota quota, const QuotaState& state);

}  // namespace vcache::api
