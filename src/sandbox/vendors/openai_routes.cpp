// OpenAI's chat completions with a JSON schema answer, after its published specification.

#include <string>
#include <utility>

#include "sandbox/vendor_call.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

namespace vcache::sandbox {
namespace {

constexpr Usd kPrice = Usd::FromMicros(1'000);

http::Response Failure(int status, std::string_view type, const Json& code,
                       std::string_view message) {
  Json error = Json::object({{"message", message}, {"type", type}, {"param", nullptr}});
  error["code"] = code;
  Json body = Json::object();
  body["error"] = std::move(error);
  return JsonAnswer(status, body);
}

http::Response FailureFor(Mode mode) {
  switch (mode) {
    case Mode::kRateLimit:
      return Failure(429, "requests", "rate_limit_exceeded", "Rate limit reached");
    case Mode::kQuota:
      return Failure(429, "insufficient_quota", "insufficient_quota", "Quota exceeded");
    case Mode::kCredentials:
      return Failure(401, "invalid_request_error", "invalid_api_key", "Incorrect API key");
    default:
      return Failure(400, "invalid_request_error", nullptr, "Invalid request");
  }
}

std::optional<std::string> LastMessage(const Json& body) {
  const Json* messages = Find(body, "messages");
  if (messages == nullptr || !messages->is_array() || messages->empty()) return std::nullopt;
  return AsString(Find(messages->back(), "content"));
}

Judged Read(http::Request& request) {
  const auto body = ReadSmallBody(request);
  if (!HasBearer(request)) return {.refusal = FailureFor(Mode::kCredentials)};
  const Result<Json> json = ParseJson(body.value_or(""));
  if (!json || !AsString(Find(*json, "model"))) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  const auto text = LastMessage(*json);
  if (!text) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  // Checks what the adapter relies on: the request must demand JSON by a schema.
  if (FindPath(*json, {"response_format", "json_schema", "schema", "properties",
                       "ai_probability"}) == nullptr) {
    return {.refusal = FailureFor(Mode::kRefuseMedia)};
  }
  return {.cost = kPrice, .digest = content::DigestOf(AsBytes(*text))};
}

http::Response Answer(const Judged&, const std::optional<Json>& score, Mode mode) {
  Json judgement = Json::object();
  if (score) judgement["ai_probability"] = *score;
  std::string content = DumpJson(judgement);
  if (mode == Mode::kTruncated) content.resize(content.size() / 2);
  Json message = Json::object({{"role", "assistant"}});
  message["content"] = mode == Mode::kRefusal ? Json(nullptr) : Json(content);
  message["refusal"] = mode == Mode::kRefusal ? Json("I cannot help with that.") : Json(nullptr);
  Json choice = Json::object({{"index", 0}});
  choice["finish_reason"] = mode == Mode::kTruncated ? "length" : "stop";
  choice["logprobs"] = nullptr;
  choice["message"] = std::move(message);
  Json body = Json::object();
  body["id"] = "chatcmpl-sandbox";
  body["object"] = "chat.completion";
  body["created"] = 1790000000;
  body["model"] = "sandbox-judge";
  body["choices"] = Json::array({std::move(choice)});
  body["usage"] =
      Json::object({{"prompt_tokens", 210}, {"completion_tokens", 9}, {"total_tokens", 219}});
  http::Response response = JsonAnswer(200, body);
  response.headers.Add("X-Request-Id", "req_sandbox");
  return response;
}

/// `GET /models/{model}`, a free request. Every model exists except one.
http::Response LookAtModel(const http::Request& request) {
  if (!HasBearer(request)) return FailureFor(Mode::kCredentials);
  const std::string id(request.tail);
  if (id == "no-such-model") {
    return Failure(404, "invalid_request_error", "model_not_found", "The model does not exist");
  }
  return JsonAnswer(
      200,
      Json::object(
          {{"id", id}, {"object", "model"}, {"created", 1790000000}, {"owned_by", "sandbox"}}));
}

}  // namespace

void AddOpenAi(http::Router& router, const Parts& parts) {
  const Vendor vendor{"openai", Read, Answer, FailureFor};
  AddCall(router, "/openai/v1/chat/completions", vendor, parts);
  router.AddPrefix("GET", "/openai/v1/models/", [parts, vendor](http::Request& request) {
    return ServeQuestion(parts.ledger, parts.clock, vendor, request, LookAtModel(request));
  });
}

}  // namespace vcache::sandbox
