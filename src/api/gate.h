#pragma once

#include <memory>
#include <optional>

#include "vcache/api/auth/authenticator.h"
#include "vcache/api/auth/site_rules.h"
#include "vcache/core/error.h"
#include "vcache/core/log.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// Decides by a request's head whether it may use a route, before anything of its body is read.
/// Thread-safe.
class Gate {
 public:
  /// A null authenticator knows nobody: the analysis routes are open, the admin routes off.
  Gate(std::shared_ptr<const Authenticator> authenticator, SiteRules sites, Logger& logger);

  /// The reason why not; empty when it may. Notes in the request who asks. kMisdirected,
  /// kForeignSite; kUnauthenticated without valid credentials, with one text for all wrong ones;
  /// kForbidden when the caller may not, or when nobody could. A refused try at an admin route is
  /// logged.
  std::optional<Error> Admit(http::RequestInfo& request, Need need) const;

 private:
  std::optional<Error> AdmitCaller(http::RequestInfo& request, Need need) const;
  void LogRefusal(const http::RequestInfo& request, std::string_view reason) const;

  const std::shared_ptr<const Authenticator> authenticator_;
  const SiteRules sites_;
  Logger& logger_;
};

}  // namespace vcache::api
