#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"
#include "vcache/core/error.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

// Requests that change something or cost money are strict: an unknown name is an error that names
// it, and has no effect. An ignored name would leave the default, which clears everything or pays.

/// kBadRequest that lists unknown and known names; empty when `unknown` is. `where`: "member".
std::optional<Error> RefuseUnknown(std::string_view where, const std::vector<std::string>& unknown,
                                   std::initializer_list<std::string_view> known);

std::optional<Error> RefuseUnknownMembers(const Json& object,
                                          std::initializer_list<std::string_view> known);

/// The only field of a form (application/x-www-form-urlencoded). Error: kBadRequest for another
/// name, a repeated or missing field, or a malformed escape.
Result<std::string> OnlyFormField(std::string_view encoded, std::string_view name);

/// kBadRequest that names the URL's parameters: routes that change something take none.
std::optional<Error> RefuseQuery(const http::RequestInfo& request);

/// kBadRequest for parameters in the URL that the route does not know.
std::optional<Error> RefuseUnknownParameters(const http::RequestInfo& request,
                                             std::initializer_list<std::string_view> known);

/// A whole number from 1 to `most`; `usual` without the parameter. kBadRequest for anything else.
Result<std::size_t> NumberParameter(const http::RequestInfo& request, std::string_view name,
                                    std::size_t usual, std::size_t most);

}  // namespace vcache::api
