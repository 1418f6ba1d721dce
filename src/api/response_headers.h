#pragma once

#include <string>
#include <utility>
#include <vector>

#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// Whether browsers may send cookies and the like to us from other origins' pages.
enum class CorsCredentials { kNo, kYes };

/// The origins whose pages may read answers. Exact matches only (rule S8). Immutable.
class CorsPolicy {
 public:
  /// `headers`: request headers that pages may send besides those that the API reads.
  CorsPolicy(std::vector<std::string> origins, const std::vector<std::string>& headers,
             CorsCredentials credentials = CorsCredentials::kNo);

  /// Adds the headers for a listed origin, `Vary: Origin` always, and those of a preflight.
  void Apply(const http::RequestInfo& request, http::Response& response) const;

 private:
  const std::vector<std::string> origins_;
  const std::string allowed_headers_;
  const CorsCredentials credentials_;
};

/// Headers of every answer: no sniffing, no framing, no shared caching.
void AddSecurityHeaders(http::Response& response);

}  // namespace vcache::api
