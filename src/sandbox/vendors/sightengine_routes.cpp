// Sightengine, after its pages on AI-generated images and videos, on jobs and on error codes.

#include <string>
#include <utility>

#include "sandbox/job_board.h"
#include "sandbox/upload_form.h"
#include "sandbox/vendor_call.h"

namespace vcache::sandbox {
namespace sightengine {
namespace {

constexpr Usd kPrice = Usd::FromMicros(10'000);

http::Response Failure(int status, std::string_view type, int code, std::string_view message) {
  Json body = Json::object({{"status", "failure"}});
  body["request"] = Json::object({{"id", "req_sandbox"}, {"timestamp", 0}, {"operations", 0}});
  body["error"] = Json::object({{"type", type}, {"code", code}, {"message", message}});
  return JsonAnswer(status, body);
}

http::Response FailureFor(Mode mode) {
  return FailureIn(
      mode,
      {.rate_limit = Failure(429, "usage_limit", 37, "Too many concurrent requests"),
       .quota = Failure(429, "usage_limit", 32, "Daily usage limit reached"),
       .credentials = Failure(401, "credentials_error", 1, "Incorrect API user or API secret"),
       .refuse_media = Failure(400, "media_error", 12, "The media could not be read")});
}

Judged JudgeForm(UploadForm& form, bool readable, int frames) {
  if (!readable) {
    return {.refusal = Failure(400, "request_error", 2, "The request is not a readable form")};
  }
  if (form.Field("api_user").empty() || form.Field("api_secret").empty()) {
    return {.refusal = FailureFor(Mode::kCredentials)};
  }
  if (form.Field("models") != "genai") {
    return {.refusal = Failure(400, "argument_error", 3, "Missing or unknown models")};
  }
  if (!form.has_file()) {
    return {.refusal = Failure(400, "argument_error", 4, "Missing media")};
  }
  return {.cost = kPrice * frames, .digest = form.Digest(), .frames = frames};
}

http::Response Success(int operations, const Json& result) {
  const Json request = Json::object(
      {{"id", "req_sandbox"}, {"timestamp", 1790000000.12}, {"operations", operations}});
  Json body = Json::object({{"status", "success"}, {"request", request}});
  body.update(result);
  return JsonAnswer(200, body);
}

Json Media() {
  return Json::object({{"id", "med_sandbox"}, {"uri", "upload"}});
}

Json TypeOf(const std::optional<Json>& score) {
  Json type = Json::object();
  if (score) type["ai_generated"] = *score;
  return type;
}

http::Response ImageAnswer(const Judged& judged, const std::optional<Json>& score, Mode) {
  Json type = TypeOf(score);
  type["ai_generators"] =
      Json::object({{"flux", ScoreOf(judged.digest) / 2}, {"midjourney", 0.03}, {"other", 0.02}});
  return Success(5, Json::object({{"type", std::move(type)}, {"media", Media()}}));
}

Json FramesOf(int count, const std::optional<Json>& score) {
  Json frames = Json::array();
  for (int i = 0; i < count; ++i) {
    // The last frame has the highest score.
    Json type = TypeOf(score);
    if (score && score->is_number() && i + 1 < count) {
      type["ai_generated"] = score->get<double>() / 2;
    }
    frames.push_back(Json::object(
        {{"info",
          Json::object({{"id", "med_sandbox_" + std::to_string(i)}, {"position", i * 1000}})},
         {"type", std::move(type)}}));
  }
  return frames;
}

http::Response VideoAnswer(const Judged& judged, const std::optional<Json>& score, Mode) {
  const Json data = Json::object({{"frames", FramesOf(judged.frames, score)}});
  return Success(5 * judged.frames, Json::object({{"media", Media()}, {"data", data}}));
}

/// The answer to a poll: the job's state, and its frames once there are some.
http::Response JobAnswer(std::string_view id, std::string_view state, Json frames) {
  Json data = Json::object({{"status", state}, {"progress", frames.empty() ? 0.5 : 1.0}});
  data["operations"] = 5 * frames.size();
  data["frames"] = std::move(frames);
  Json output = Json::object({{"media", Json::object({{"id", id}})}, {"request", "req_sandbox"}});
  output["data"] = std::move(data);
  return Success(0, Json::object({{"output", std::move(output)}}));
}

JobWords VideoWords() {
  return {[](const std::string& id) {
            return Success(0, Json::object({{"media", Json::object({{"id", id}})}}));
          },
          [](const std::string& id) { return JobAnswer(id, "ongoing", Json::array()); },
          [] { return Failure(404, "request_error", 5, "No such media"); }};
}

http::Response LookAtVideo(const Parts& parts, http::Request& request) {
  const std::string id = QueryValue(request, "id");
  if (QueryValue(request, "api_user").empty() || QueryValue(request, "api_secret").empty()) {
    return FailureFor(Mode::kCredentials);
  }
  const auto answer = [&id](const Judged& judged, const std::optional<Json>& score, Mode) {
    return JobAnswer(id, "finished", FramesOf(judged.frames, score));
  };
  return ServeLook(parts, {"sightengine", nullptr, answer, FailureFor}, VideoWords(), id);
}

/// A call for an image. Without models and media it only checks the credentials, free of charge.
http::Response CheckImage(const Parts& parts, http::Request& request) {
  UploadForm form("media");
  const bool readable = bool(form.Read(request));
  const auto read = [&](http::Request&) { return JudgeForm(form, readable, 1); };
  const Vendor vendor{"sightengine", read, ImageAnswer, FailureFor};
  if (!readable || form.has_file() || !form.Field("models").empty()) {
    return ServeCall(parts, vendor, request);
  }
  return ServeQuestion(parts, vendor, request, *read(request).refusal);
}

}  // namespace
}  // namespace sightengine

void AddSightengine(http::Router& router, const Parts& parts) {
  using namespace sightengine;
  const Vendor video{"sightengine",
                     [parts](http::Request& request) {
                       UploadForm form("media");
                       const bool readable = bool(form.Read(request));
                       return JudgeForm(form, readable, parts.ledger.Frames());
                     },
                     VideoAnswer, FailureFor};
  router.Add("POST", "/sightengine/1.0/check.json",
             [parts](http::Request& request) { return CheckImage(parts, request); });
  AddCall(router, "/sightengine/1.0/video/check-sync.json", video, parts);
  router.Add("POST", "/sightengine/1.0/video/check.json", [parts, video](http::Request& request) {
    return ServeSubmission(parts, video, VideoWords(), request);
  });
  router.Add("GET", "/sightengine/1.0/video/byid.json",
             [parts](http::Request& request) { return LookAtVideo(parts, request); });
}

}  // namespace vcache::sandbox
