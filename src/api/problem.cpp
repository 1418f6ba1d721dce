#include "api/problem.h"

#include <string>

#include "json/json.h"

namespace vcache::api {

http::Response ProblemResponse(const http::RequestInfo& request, const Error& error) {
  const int status = http::StatusOf(error.code);
  std::string told = PublicMessage(error);
  const bool withheld = told != error.message;
  if (request.caller_is_admin) {
    told = error.message;
  } else if (withheld && status >= 500) {
    told += " The administrator finds the reason in the log, under this requestId.";
  }
  Json body = Json::object();
  body["type"] = "about:blank";
  body["title"] = http::ReasonPhrase(status);
  body["status"] = status;
  body["detail"] = told;
  if (!request.path.empty()) body["instance"] = request.path;
  body["success"] = false;
  body["error"] = told;
  body["code"] = CodeName(error.code);
  body["requestId"] = request.id;
  if (error.retry_after) body["retryAfterSeconds"] = error.retry_after->count();

  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/problem+json");
  if (error.retry_after) {
    response.headers.Add("Retry-After", std::to_string(error.retry_after->count()));
  }
  if (error.code == ErrorCode::kUnauthenticated) {
    response.headers.Add("WWW-Authenticate", "Bearer realm=\"VerdictCache\"");
  }
  response.body = DumpJson(body);
  response.log_outcome = CodeName(error.code);
  if (withheld) response.log_reason = error.message;
  return response;
}

}  // namespace vcache::api
