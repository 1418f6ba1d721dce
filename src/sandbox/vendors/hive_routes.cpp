// Hive, version 3, as its pages on AI-generated image and video detection describe the classes.

#include <string>
#include <utility>

#include "sandbox/upload_form.h"
#include "sandbox/vendor_call.h"

namespace vcache::sandbox {
namespace hive {
namespace {

constexpr Usd kPrice = Usd::FromMicros(10'000);
constexpr int kFrames = 4;
constexpr const char* kModel = "hive/ai-generated-and-deepfake-content-detection";

http::Response Failure(int status, std::string_view message) {
  return JsonAnswer(status, Json::object({{"message", message}}));
}

http::Response FailureFor(Mode mode) {
  return FailureIn(mode, {.rate_limit = Failure(429, "Too many requests"),
                          .quota = Failure(429, "The day's limit is reached"),
                          .credentials = Failure(401, "Invalid key"),
                          .refuse_media = Failure(400, "The media could not be read")});
}

Judged Read(http::Request& request) {
  UploadForm form("media");
  if (!form.Read(request) || !form.has_file()) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  if (!HasBearer(request)) return {.refusal = FailureFor(Mode::kCredentials)};
  return {
      .cost = kPrice, .digest = form.Digest(), .is_video = form.file_type().starts_with("video/")};
}

Json Class(const char* name, const Json& value) {
  return Json::object({{"class", name}, {"value", value}});
}

/// One moment: two classes that sum to 1, the generators, and one independent class.
Json Moment(const std::optional<Json>& score, double ai, int frame) {
  Json classes = Json::array({Class("not_ai_generated", 1 - ai)});
  if (score) classes.push_back(Class("ai_generated", *score));
  classes.push_back(Class("midjourney", ai / 2));
  classes.push_back(Class("flux", 0.03));
  classes.push_back(Class("none", 0.97 - ai / 2));
  classes.push_back(Class("deepfake", 0.01));
  const Json index = Json::object({{"name", "frame_index"}, {"value", frame}});
  return Json::object({{"classes", std::move(classes)}, {"extra", Json::array({index})}});
}

/// An image is one moment. In a video the last frame has the highest score.
http::Response Answer(const Judged& judged, const std::optional<Json>& score, Mode) {
  const double ai = ScoreOf(judged.digest);
  const int frames = judged.is_video ? kFrames : 1;
  Json output = Json::array();
  for (int frame = 0; frame < frames; ++frame) {
    const bool lower = frame + 1 < frames && score && score->is_number();
    output.push_back(
        Moment(lower ? std::optional<Json>(score->get<double>() / 2) : score, ai, frame));
  }
  return JsonAnswer(
      200, Json::object(
               {{"task_id", "task_sandbox"}, {"model", kModel}, {"output", std::move(output)}}));
}

}  // namespace
}  // namespace hive

void AddHive(http::Router& router, const Parts& parts) {
  using namespace hive;
  AddCall(router, "/hive/api/v3/hive/ai-generated-and-deepfake-content-detection",
          {"hive", Read, Answer, FailureFor}, parts);
}

}  // namespace vcache::sandbox
