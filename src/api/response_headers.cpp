#include "api/response_headers.h"

#include <algorithm>
#include <string_view>

namespace vcache::api {

namespace {

/// What pages may read besides the fields that browsers always show them.
constexpr std::string_view kExposedHeaders =
    "Age, Cache-Status, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, "
    "X-Cache, X-Request-Id";

std::string AllowedHeaders(const std::vector<std::string>& headers) {
  std::string list =
      "Authorization, Cache-Control, Content-Digest, Content-Type, Last-Event-ID, Prefer, "
      "Repr-Digest, X-Api-Key, X-Request-Id";
  for (const std::string& header : headers) list.append(", ").append(header);
  return list;
}

}  // namespace

CorsPolicy::CorsPolicy(std::vector<std::string> origins, const std::vector<std::string>& headers,
                       CorsCredentials credentials)
    : origins_(std::move(origins)),
      allowed_headers_(AllowedHeaders(headers)),
      credentials_(credentials) {}

void CorsPolicy::Apply(const http::RequestInfo& request, http::Response& response) const {
  if (origins_.empty()) return;
  response.headers.Add("Vary", "Origin");
  const auto origin = request.headers.Get("Origin");
  if (!origin || request.headers.Count("Origin") > 1) return;
  if (std::find(origins_.begin(), origins_.end(), *origin) == origins_.end()) return;
  response.headers.Set("Access-Control-Allow-Origin", std::string(*origin));
  if (credentials_ == CorsCredentials::kYes) {
    response.headers.Set("Access-Control-Allow-Credentials", "true");
  }
  response.headers.Set("Access-Control-Expose-Headers", std::string(kExposedHeaders));
  const bool preflight =
      request.method == "OPTIONS" && request.headers.Get("Access-Control-Request-Method");
  if (!preflight) return;
  response.headers.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE");
  response.headers.Set("Access-Control-Allow-Headers", allowed_headers_);
  response.headers.Set("Access-Control-Max-Age", "600");
}

void AddSecurityHeaders(http::Response& response) {
  response.headers.Set("X-Content-Type-Options", "nosniff");
  if (!response.headers.Get("Referrer-Policy")) {
    response.headers.Set("Referrer-Policy", "no-referrer");
  }
  // A verdict is for this client only; no shared cache may serve it to others.
  if (!response.headers.Get("Cache-Control")) response.headers.Set("Cache-Control", "no-store");
  if (!response.headers.Get("Content-Security-Policy")) {
    response.headers.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  }
}

}  // namespace vcache::api
