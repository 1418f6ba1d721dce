#include "http/server/refusal.h"

#include <chrono>
#include <string>
#include <string_view>

namespace vcache::http {
namespace {

std::string ProblemBody(int status, std::string_view code, std::string_view sentence,
                        std::string_view request_id) {
  // Nothing needs escaping: ids are checked, and sentences are constants.
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
  // Omits the error's own sentence: it might need escaping, and only the hook escapes.
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
