#pragma once

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

// Input that changes something or costs something is strict: what is not understood is refused by
// name, and nothing happens. A name that is passed over stands beside a default, and the default
// clears everything or pays.

/// kBadRequest that names what was sent but is not known, and what is. `where` is where the names
/// stand: "member", "form field". Empty when `unknown` is.
std::optional<Error> RefuseUnknown(std::string_view where, const std::vector<std::string>& unknown,
                                   std::initializer_list<std::string_view> known);

/// The same for the members of an object.
std::optional<Error> RefuseUnknownMembers(const Json& object,
                                          std::initializer_list<std::string_view> known);

/// The one field that a form (application/x-www-form-urlencoded) may have, once. kBadRequest for
/// another name, a second one of the same, none, or a broken escape.
Result<std::string> OnlyFormField(std::string_view encoded, std::string_view name);

/// kBadRequest that names the parameters in the URL: routes that change something take none.
std::optional<Error> RefuseQuery(const http::RequestInfo& request);

}  // namespace vcache::api
