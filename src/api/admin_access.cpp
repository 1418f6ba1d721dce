#include "api/admin_access.h"

#include <string_view>

#include "vcache/core/ascii.h"

namespace vcache::api {
namespace {

/// The credentials of `Authorization: Bearer <token>` (RFC 9110 section 11.4), scheme in any case.
std::optional<std::string_view> BearerToken(const http::Headers& headers) {
  if (headers.Count("Authorization") != 1) return std::nullopt;
  const std::string_view value = *headers.Get("Authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (!EqualsIgnoringCase(value.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  const std::size_t token = value.find_first_not_of(' ', kScheme.size());
  if (token == std::string_view::npos) return std::nullopt;
  return value.substr(token);
}

}  // namespace

std::optional<Error> RefuseAdmin(const http::RequestInfo& request, const Secret& admin_token) {
  if (admin_token.empty()) {
    return Error{ErrorCode::kForbidden,
                 "The admin routes are turned off; set ADMIN_TOKEN to a random text of at least 16 "
                 "characters and restart the service.",
                 Charge::kNone, std::nullopt, "The admin routes are turned off."};
  }
  const auto token = BearerToken(request.headers);
  if (!token) {
    return ForEverybody({ErrorCode::kUnauthenticated,
                         "Send the admin token as \"Authorization: Bearer <token>\"."});
  }
  if (!admin_token.Equals(*token)) {
    return ForEverybody({ErrorCode::kUnauthenticated, "The admin token is wrong."});
  }
  return std::nullopt;
}

bool IsAdministrator(const http::RequestInfo& request, const Secret& admin_token) {
  return !RefuseAdmin(request, admin_token);
}

}  // namespace vcache::api
