#pragma once

#include <memory>
#include <optional>

#include "api/rate_gate.h"
#include "vcache/api/auth/authenticator.h"
#include "vcache/api/auth/site_rules.h"
#include "vcache/core/error.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// Decides by a request's head whether it may use a route, before anything of its body is read.
/// Thread-safe.
class Gate {
 public:
  /// A null authenticator knows nobody: the analysis routes are open, the admin routes off.
  Gate(std::shared_ptr<const Authenticator> authenticator, SiteRules sites, RateGate rates,
       Logger& logger);

  /// Who asks, or the reason why it may not. Notes in the request who asks. kMisdirected,
  /// kForeignSite; kUnauthenticated without valid credentials, with one text for all wrong ones;
  /// kForbidden when the caller may not, or when nobody could; kRateLimited. A refused try at an
  /// admin route is logged and answered late. After too many wrong credentials no administrator is
  /// believed at that address for a minute; users and keys still are, on the routes for them.
  Result<Caller> Admit(http::RequestInfo& request, Need need) const;

  const RateGate& rates() const noexcept { return rates_; }

 private:
  Result<Caller> AdmitCaller(http::RequestInfo& request, Need need) const;
  void NoteTry(http::RequestInfo& request, bool for_admins, bool was_too_many) const;
  void LogRefusal(const http::RequestInfo& request, std::string_view reason) const;

  const std::shared_ptr<const Authenticator> authenticator_;
  const SiteRules sites_;
  const RateGate rates_;
  Logger& logger_;
};

}  // namespace vcache::api
