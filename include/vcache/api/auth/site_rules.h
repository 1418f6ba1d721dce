#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vcache/core/error.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// Whose pages may make a browser send requests that spend or change something, and under which
/// host names the service answers. Immutable and thread-safe.
class SiteRules {
 public:
  /// `origins`: `CORS_ORIGINS`. `hosts`: names in lower case without a port; `*.example.com` is
  /// every name below example.com, `*` any; empty: `Host` is not looked at. Addresses, loopback
  /// names and names without a dot are always among them: no site of the internet can have its
  /// pages loaded under one of those and then have it resolved to our address.
  SiteRules(std::vector<std::string> origins, std::vector<std::string> hosts);

  /// kMisdirected when the `Host` is none of the service's: a page may have had its own name
  /// resolved to our address (DNS rebinding), and would be of the same origin.
  std::optional<Error> RefuseHost(const http::RequestInfo& request) const;

  /// kForeignSite for a POST, PUT, PATCH or DELETE that a page of another site made its visitor's
  /// browser send. Programs send neither `Sec-Fetch-Site` nor `Origin` and are let pass.
  std::optional<Error> RefuseForeignSite(const http::RequestInfo& request) const;

 private:
  bool IsOurs(std::string_view host) const;

  const std::vector<std::string> origins_;
  const std::vector<std::string> hosts_;
};

}  // namespace vcache::api
