#include "vcache/api/auth/site_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "vcache/core/ascii.h"

namespace vcache::api {
namespace {

/// Host and port of a `Host` field or an origin; a name in lower case without its final dot.
struct Authority {
  std::string host;
  std::string port;
};

Authority ParseAuthority(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const std::size_t end = bracketed ? text.find(']') : std::string_view::npos;
  const std::size_t colon = text.find(':', end == std::string_view::npos ? 0 : end);
  Authority authority{ToLower(text.substr(0, colon)), {}};
  if (colon != std::string_view::npos) authority.port = text.substr(colon + 1);
  if (authority.host.ends_with('.')) authority.host.pop_back();
  return authority;
}

bool IsAddress(const std::string& host) {
  in_addr ipv4{};
  if (inet_pton(AF_INET, host.c_str(), &ipv4) == 1) return true;
  if (!host.starts_with('[') || !host.ends_with(']')) return false;
  in6_addr ipv6{};
  return inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &ipv6) == 1;
}

/// Names that are not of the internet: without a dot (of a container, of a machine in the local
/// network), and those that browsers resolve to this machine themselves (RFC 6761, section 6.3).
/// Whoever has a site elsewhere cannot have it reached under one of them.
bool IsLocalName(std::string_view host) {
  return host.find_first_of(".[]@, ") == std::string_view::npos || host.ends_with(".localhost");
}

bool Matches(const std::string& pattern, std::string_view host) {
  if (pattern == "*") return true;
  if (!pattern.starts_with("*.")) return host == pattern;
  return host.size() > pattern.size() - 1 && host.ends_with(pattern.substr(1));
}

bool ChangesSomething(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

/// Whether an origin is that of the request's own `Host`. The scheme is not known behind a proxy
/// that ends TLS, so a missing port is the origin's default one.
bool IsOwnOrigin(std::string_view origin, std::string_view host_field) {
  const bool https = origin.starts_with("https://");
  if (!https && !origin.starts_with("http://")) return false;
  const Authority from = ParseAuthority(origin.substr(origin.find("//") + 2));
  const Authority to = ParseAuthority(host_field);
  const std::string_view usual = https ? "443" : "80";
  const auto port_of = [usual](const Authority& authority) {
    return authority.port.empty() ? usual : std::string_view(authority.port);
  };
  return !from.host.empty() && from.host == to.host && port_of(from) == port_of(to);
}

}  // namespace

SiteRules::SiteRules(std::vector<std::string> origins, std::vector<std::string> hosts)
    : origins_(std::move(origins)), hosts_(std::move(hosts)) {}

bool SiteRules::IsOurs(std::string_view host_field) const {
  const std::string host = ParseAuthority(host_field).host;
  if (IsAddress(host) || IsLocalName(host)) return true;
  return std::any_of(hosts_.begin(), hosts_.end(),
                     [&](const std::string& pattern) { return Matches(pattern, host); });
}

std::optional<Error> SiteRules::RefuseHost(const http::RequestInfo& request) const {
  if (hosts_.empty()) return std::nullopt;
  const auto host = request.headers.Get("Host");
  if (!host || IsOurs(*host)) return std::nullopt;  // no browser leaves it out
  return Error{ErrorCode::kMisdirected,
               "The Host is none of the service's names; if it should be, add it to ALLOWED_HOSTS.",
               Charge::kNone, std::nullopt,
               "This service does not answer under that host name. Its administrator can add the "
               "name (ALLOWED_HOSTS)."};
}

std::optional<Error> SiteRules::RefuseForeignSite(const http::RequestInfo& request) const {
  if (!ChangesSomething(request.method)) return std::nullopt;
  const std::vector<std::string_view> sites = request.headers.GetAll("Sec-Fetch-Site");
  const std::vector<std::string_view> origins = request.headers.GetAll("Origin");
  const bool listed = origins.size() == 1 && std::find(origins_.begin(), origins_.end(),
                                                       origins.front()) != origins_.end();
  if (listed) return std::nullopt;
  // Pages cannot forge this field. `none`: the user's own doing, such as an address typed in.
  const bool by_own_page = sites.size() == 1 && (sites[0] == "same-origin" || sites[0] == "none");
  if (by_own_page) return std::nullopt;
  const bool says_foreign = std::any_of(sites.begin(), sites.end(),
                                        [](std::string_view site) { return site != "same-site"; });
  const std::string_view host = request.headers.Get("Host").value_or("");
  const bool foreign_origin =
      !origins.empty() && !(origins.size() == 1 && IsOwnOrigin(origins[0], host));
  if (!says_foreign && !foreign_origin) return std::nullopt;
  return Error{ErrorCode::kForeignSite,
               "A page of another site asked for this; if it may, add its origin to CORS_ORIGINS.",
               Charge::kNone, std::nullopt,
               "Pages of other sites may not do this. The service's administrator can let a site "
               "in (CORS_ORIGINS)."};
}

}  // namespace vcache::api
