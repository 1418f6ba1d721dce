// OpenAI's chat completions with a JSON schema answer, after its published specification.

#include <string>
#include <utility>

#include "sandbox/vendor_call.h"

namespace vcache::sandbox {
namespace openai {
namespace {

constexpr Usd kPrice = Usd::FromMicros(1'000);

http::Response Failure(int status, std::string_view type, const Json& code,
                       std::string_view message) {
  const Json error =
      Json::object({{"message", message}, {"type", type}, {"param", nullptr}, {"code", code}});
  return JsonAnswer(status, Json::object({{"error", error}}));
}

http::Response FailureFor(Mode mode) {
  return FailureIn(
      mode,
      {.rate_limit = Failure(429, "requests", "rate_limit_exceeded", "Rate limit reached"),
       .quota = Failure(429, "insufficient_quota", "insufficient_quota", "Quota exceeded"),
       .credentials = Failure(401, "invalid_request_error", "invalid_api_key", "Incorrect API key"),
       .refuse_media = Failure(400, "invalid_request_error", nullptr, "Invalid request")});
}

std::optional<std::string> LastMessage(const Json& body) {
  const Json* messages = Find(body, "messages");
  if (messages == nullptr || !messages->is_array() || messages->empty()) return std::nullopt;
  return AsString(Find(messages->back(), "content"));
}

Judged Read(http::Request& request) {
  const Json json = ReadJson(request);
  if (!HasBearer(request)) return {.refusal = FailureFor(Mode::kCredentials)};
  const auto text = LastMessage(json);
  // Checks what the adapter relies on: the request must demand JSON by a schema.
  const Json* schema =
      FindPath(json, {"response_format", "json_schema", "schema", "properties", "ai_probability"});
  if (!AsString(Find(json, "model")) || !text || schema == nullptr) {
    return {.refusal = FailureFor(Mode::kRefuseMedia)};
  }
  return {.cost = kPrice, .digest = DigestOfText(*text)};
}

http::Response Answer(const Judged&, const std::optional<Json>& score, Mode mode) {
  Json judgement = Json::object();
  if (score) judgement["ai_probability"] = *score;
  std::string content = DumpJson(judgement);
  if (mode == Mode::kTruncated) content.resize(content.size() / 2);
  Json message = Json::object({{"role", "assistant"}});
  message["content"] = mode == Mode::kRefusal ? Json(nullptr) : Json(content);
  message["refusal"] = mode == Mode::kRefusal ? Json("I cannot help with that.") : Json(nullptr);
  const Json choice = Json::object({{"index", 0},
                                    {"finish_reason", mode == Mode::kTruncated ? "length" : "stop"},
                                    {"logprobs", nullptr},
                                    {"message", std::move(message)}});
  Json body = Json::object({{"id", "chatcmpl-sandbox"},
                            {"object", "chat.completion"},
                            {"created", 1790000000},
                            {"model", "sandbox-judge"},
                            {"choices", Json::array({choice})}});
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
}  // namespace openai

void AddOpenAi(http::Router& router, const Parts& parts) {
  using namespace openai;
  const Vendor vendor{"openai", Read, Answer, FailureFor};
  AddCall(router, "/openai/v1/chat/completions", vendor, parts);
  router.AddPrefix("GET", "/openai/v1/models/", [parts, vendor](http::Request& request) {
    return ServeQuestion(parts, vendor, request, LookAtModel(request));
  });
}

}  // namespace vcache::sandbox
