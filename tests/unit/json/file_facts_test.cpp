#include <doctest/doctest.h>

#include "json/verdict_json.h"

using namespace vcache;

namespace {

Verdict VerdictWith(const char* field, const char* text) {
  Json json = Json::object({{"aiScore", 50}});
  json[field] = ParseJson(text).value();
  return VerdictFromJson(json).value();
}

std::optional<Provenance> ProvenanceOf(const char* text) {
  return VerdictWith("provenance", text).provenance;
}

std::optional<VideoInfo> VideoOf(const char* text) {
  return VerdictWith("videoMetadata", text).video;
}

}  // namespace

TEST_CASE("Verdict: what the file says of itself survives its JSON form whole") {
  Verdict verdict;
  verdict.provenance = Provenance{ProvenanceClaim::kAiGenerated,
                                  {"c2pa", "iptc"},
                                  "GPT-4o",
                                  "trainedAlgorithmicMedia",
                                  DeclaredManifest{"ChatGPT", {"c2pa.created"}}};
  verdict.video = VideoInfo{std::chrono::milliseconds(12'345), 1920, 1080};
  const Json json = VerdictToJson(verdict);
  CHECK(json["provenance"]["claim"] == "ai_generated");
  CHECK(json["provenance"]["c2pa"]["generator"] == "ChatGPT");
  CHECK(json["provenance"]["c2pa"]["actions"][0] == "c2pa.created");
  CHECK(json["provenance"]["verified"] == false);
  CHECK(json["provenance"]["note"].get<std::string>().find("anybody") != std::string::npos);
  CHECK(json["videoMetadata"]["durationSeconds"] == 12.345);
  CHECK(json["videoMetadata"]["height"] == 1080);
  const auto back = VerdictFromJson(json);
  REQUIRE(back);
  REQUIRE(back->video);
  CHECK(back->video->length == std::chrono::milliseconds(12'345));
  CHECK(DumpJson(VerdictToJson(*back)) == DumpJson(json));
}

TEST_CASE("Verdict: without facts of the file there are no fields for them") {
  const Json json = VerdictToJson(Verdict{});
  CHECK_FALSE(json.contains("provenance"));
  CHECK_FALSE(json.contains("videoMetadata"));
  const auto back = VerdictFromJson(json);  // as in entries that are older than the fields
  REQUIRE(back);
  CHECK_FALSE(back->provenance);
  CHECK_FALSE(back->video);
}

TEST_CASE(
    "VerdictFromJson, provenance: an unknown claim is none; fields of a wrong type are absent") {
  for (const char* text : {"null", "[]", "{}", R"({"claim":"certainly"})", R"({"claim":1})"}) {
    CHECK_FALSE(ProvenanceOf(text));
  }
  const auto read = ProvenanceOf(R"({"claim":"captured","by":["exif",1],"generator":2,"c2pa":3})");
  REQUIRE(read);
  CHECK(read->claim == ProvenanceClaim::kCaptured);
  CHECK(read->by == std::vector<std::string>{"exif"});
  CHECK(read->generator.empty());
  CHECK_FALSE(read->manifest);
}

TEST_CASE("VerdictFromJson, video: a length is positive and finite, a picture has two sides") {
  for (const char* text :
       {"null", "{}", R"({"durationSeconds":0})", R"({"durationSeconds":-1})",
        R"({"durationSeconds":1e300})", R"({"durationSeconds":"5"})", R"({"width":5})",
        R"({"width":5,"height":0})", R"({"width":5,"height":4294967296})"}) {
    CAPTURE(text);
    CHECK_FALSE(VideoOf(text));
  }
  CHECK(VideoOf(R"({"durationSeconds":0.5,"width":5})")->length == std::chrono::milliseconds(500));
}

TEST_CASE("ProvenanceClaim: each has a name of its own") {
  for (int i = 0; i <= static_cast<int>(ProvenanceClaim::kUnspecified); ++i) {
    const auto claim = static_cast<ProvenanceClaim>(i);
    CHECK(ProvenanceClaimFromName(ProvenanceClaimName(claim)) == claim);
  }
  CHECK_FALSE(ProvenanceClaimFromName("real"));
}
