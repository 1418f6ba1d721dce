#include "http/server/refusal.h"

#include <chrono>
#include <string>
#include <string_view>

namespace vcache::http {
namespace {

std::string ProblemBody(int status, std::string_view code, std::string_view sentence,
                        std::string_view request_id) {
  // Every part is ours (ids are checked, sentences of constants), so nothing needs escaping.
  std::string body = R"({"type":"about:blank","title":")";
  body.append(ReasonPhrase(status)).append(R"(","status":)").append(std::to_string(status));
  body.append(R"(,"success":false,"error":")").append(sentence);
  body.append(R"(","code":")").append(code);
  body.append(R"(","requestId":")").append(request_id).append("\"}\n");
  return body;
}

}  // namespace

Response DefaultErrorResponse(const RequestInfo& info, const Error& error) {
  Response response;
  response.status = StatusOf(error.code);
  response.headers.Set("Content-Type", "application/problem+json");
  // The error's own sentence is left out: it might need escaping, which is the hook's business.
  response.body =
      ProblemBody(response.status, CodeName(error.code), ReasonPhrase(response.status), info.id);
  return response;
}

Error Overloaded() {
  return ForEverybody(
      {.code = ErrorCode::kOverloaded,
       .message = "The service has more requests than it can take; try again in a moment.",
       .retry_after = std::chrono::seconds(1)});
}

}  // namespace vcache::http
