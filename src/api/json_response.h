#pragma once

#include "json/json.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

inline http::Response JsonResponse(int status, const Json& body) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.body = DumpJson(body);
  return response;
}

}  // namespace vcache::api
