#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "json/json.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// The members of an administrator's order: an object without unknown names, and no parameters in
/// the URL. An ignored name would leave its default, which changes too much. An empty body is an
/// empty object. Error: kBadRequest.
Result<Json> ReadOrder(const http::RequestInfo& request, const std::string& body,
                       std::initializer_list<std::string_view> known);

/// The member `dryRun`; false without one. Error: kBadRequest.
Result<bool> IsDryRun(const Json& order);

}  // namespace vcache::api
