// An invented vendor for `CUSTOM_*`. No built-in adapter has its wire format, so it proves that the
// configuration alone suffices. `/custom/detect` answers at once, `/custom/jobs` later.

#include <string>
#include <utility>

#include "sandbox/job_board.h"
#include "sandbox/upload_form.h"
#include "sandbox/vendor_call.h"

namespace vcache::sandbox {
namespace custom {
namespace {

constexpr Usd kPrice = Usd::FromMicros(4'000);

http::Response Failure(int status, std::string_view message) {
  return JsonAnswer(status, Json::object({{"problem", message}}));
}

http::Response FailureFor(Mode mode) {
  http::Response quota = Failure(429, "Too many requests");
  quota.headers.Add("Retry-After", "3600");
  return FailureIn(mode, {.rate_limit = Failure(429, "Too many requests"),
                          .quota = std::move(quota),
                          .credentials = Failure(401, "Unknown key"),
                          .refuse_media = Failure(422, "The content could not be read")});
}

Judged Read(http::Request& request) {
  const auto type = request.info.headers.Get("Content-Type");
  UploadForm form("file");
  if (type && type->starts_with("multipart/")) {
    if (!form.Read(request) || !form.has_file()) return {.refusal = FailureFor(Mode::kRefuseMedia)};
    if (!HasBearer(request)) return {.refusal = FailureFor(Mode::kCredentials)};
    return {.cost = kPrice, .digest = form.Digest()};
  }
  if (type && (type->starts_with("image/") || type->starts_with("video/"))) {
    const auto digest = DigestOfBody(request);
    if (!HasBearer(request)) return {.refusal = FailureFor(Mode::kCredentials)};
    if (!digest) return {.refusal = FailureFor(Mode::kRefuseMedia)};
    return {.cost = kPrice, .digest = *digest};
  }
  const auto text = AsString(Find(ReadJson(request), "text"));
  if (!HasBearer(request)) return {.refusal = FailureFor(Mode::kCredentials)};
  if (!text || text->empty()) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  return {.cost = kPrice, .digest = DigestOfText(*text)};
}

Json State(std::string_view state, std::string_view id) {
  return Json::object({{"job", Json::object({{"id", id}, {"state", state}})}});
}

/// The score is in percent, unlike every built-in vendor's.
http::Response Answer(const Judged&, const std::optional<Json>& score, Mode) {
  Json result = Json::object();
  if (score) result["probability"] = score->is_number() ? Json(score->get<double>() * 100) : *score;
  result["confidence"] = 0.8;
  Json body = State("done", "sandbox");
  body["result"] = std::move(result);
  return JsonAnswer(200, body);
}

JobWords Words() {
  return {[](const std::string& id) { return JsonAnswer(202, State("queued", id)); },
          [](const std::string& id) { return JsonAnswer(200, State("running", id)); },
          [] { return Failure(404, "No such job"); }};
}

}  // namespace
}  // namespace custom

void AddCustom(http::Router& router, const Parts& parts) {
  using namespace custom;
  const Vendor vendor{"custom", Read, Answer, FailureFor};
  AddCall(router, "/custom/detect", vendor, parts);
  router.Add("POST", "/custom/jobs", [parts, vendor](http::Request& request) {
    return ServeSubmission(parts, vendor, Words(), request);
  });
  router.AddPrefix("GET", "/custom/jobs/", [parts, vendor](http::Request& request) {
    if (!HasBearer(request)) return FailureFor(Mode::kCredentials);
    return ServeLook(parts, vendor, Words(), std::string(request.tail));
  });
}

}  // namespace vcache::sandbox
