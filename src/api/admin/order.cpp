#include "api/admin/order.h"

#include <utility>

#include "api/intake/strict_input.h"

namespace vcache::api {

Result<Json> ReadOrder(const http::RequestInfo& request, const std::string& body,
                       std::initializer_list<std::string_view> known) {
  if (auto refusal = RefuseQuery(request)) return *std::move(refusal);
  if (body.empty()) return Json::object();
  JsonLimits limits;
  limits.max_depth = 2;
  limits.max_values = 16;
  limits.refuse_duplicate_keys = true;
  Result<Json> order = ParseJson(body, limits);
  if (!order) return order;
  if (!order->is_object()) {
    return Error{ErrorCode::kBadRequest,
                 "The body must be a JSON object, for example {\"dryRun\": true}."};
  }
  if (auto refusal = RefuseUnknownMembers(*order, known)) return *std::move(refusal);
  return order;
}

Result<bool> IsDryRun(const Json& order) {
  const Json* member = Find(order, "dryRun");
  if (member == nullptr) return false;
  const auto flag = AsBool(member);
  if (!flag) return Error{ErrorCode::kBadRequest, "The member dryRun must be true or false."};
  return *flag;
}

}  // namespace vcache::api
