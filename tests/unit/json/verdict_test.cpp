#include "vcache/core/verdict.h"
#include "vcache/core/time_text.h"

#include <doctest/doctest.h>

#include <cmath>

#include "json/verdict_json.h"

using namespace vcache;

TEST_CASE("Verdict: the key follows the score's bounds") {
  CHECK(VerdictKeyName(VerdictKeyOf(100)) == "ai_generated");
  CHECK(VerdictKeyName(VerdictKeyOf(90)) == "ai_generated");
  CHECK(VerdictKeyName(VerdictKeyOf(89.99)) == "likely_ai");
  CHECK(VerdictKeyName(VerdictKeyOf(70)) == "likely_ai");
  CHECK(VerdictKeyName(VerdictKeyOf(50)) == "possibly_ai");
  CHECK(VerdictKeyName(VerdictKeyOf(49.9)) == "possibly_real");
  CHECK(VerdictKeyName(VerdictKeyOf(30)) == "possibly_real");
  CHECK(VerdictKeyName(VerdictKeyOf(0)) == "likely_real");
  CHECK(VerdictColor(VerdictKeyOf(95)) == "red");
  CHECK(VerdictColor(VerdictKeyOf(1)) == "green");
}

TEST_CASE("Verdict: survives its JSON form whole") {
  Verdict verdict;
  verdict.ai_score = 87.5;
  verdict.confidence = 85;
  verdict.provider = "sightengine";
  verdict.sources.push_back({"sightengine", 87.5, 85, 0.875, ScoreKind::kProbability, "genai", ""});
  verdict.sources.push_back({"hive", {}, {}, {}, ScoreKind::kProbability, "", "vendor_timeout"});
  verdict.sources.front().frames = FrameScores{24, 51.25, 87.5};
  verdict.consensus = "1/1";
  verdict.frames_analyzed = 24;
  verdict.indicators = {"smooth skin"};
  verdict.generators = {{"flux", 91}};
  verdict.details = R"({"requestId":"req_A1"})";
  verdict.analyzed_at = *ParseTime("2026-11-21T10:15:00Z");
  verdict.partial = true;

  const Json json = VerdictToJson(verdict);
  CHECK(json.begin().key() == "aiScore");
  CHECK(json["isAi"] == true);
  CHECK(json["verdict"]["key"] == "likely_ai");
  const auto back = VerdictFromJson(json);
  REQUIRE(back);
  CHECK(DumpJson(VerdictToJson(*back)) == DumpJson(json));
}

TEST_CASE("VerdictFromJson: frames that are not whole are taken as absent, as in older entries") {
  const std::string head = R"({"aiScore":12,"sources":[{"provider":"a","score":12)";
  for (const char* frames :
       {"", R"(,"frames":null)", R"(,"frames":[1])", R"(,"frames":{"count":3,"mean":10})",
        R"(,"frames":{"count":0,"mean":10,"max":12})",
        R"(,"frames":{"count":3,"mean":10,"max":120})",
        R"(,"frames":{"count":"3","mean":10,"max":12})"}) {
    CAPTURE(frames);
    const auto verdict = VerdictFromJson(ParseJson(head + frames + "}]}").value());
    REQUIRE(verdict);
    REQUIRE(verdict->sources.size() == 1);
    CHECK_FALSE(verdict->sources.front().frames);
  }
}

TEST_CASE("Verdict: an unknown confidence is null, never a number") {
  CHECK(VerdictToJson(Verdict{})["confidence"].is_null());
}

TEST_CASE("VerdictFromJson: a missing or impossible score is never 0") {
  for (const char* text :
       {R"({})", R"({"aiScore":null})", R"({"aiScore":"12"})", R"({"aiScore":101})",
        R"({"aiScore":-0.1})", R"({"aiScore":true})", R"([])"}) {
    const auto verdict = VerdictFromJson(ParseJson(text).value());
    REQUIRE_FALSE(verdict);
    CHECK(verdict.error().code == ErrorCode::kStoreCorrupt);
  }
}

TEST_CASE("VerdictFromJson: reads the plain entries of other software") {
  const auto verdict = VerdictFromJson(
      ParseJson(
          R"({"aiScore":12,"isAi":false,"confidence":"high","analyzedAt":"2026-01-02T03:04:05.678Z"})")
          .value());
  REQUIRE(verdict);
  CHECK(verdict->ai_score == 12);
  CHECK_FALSE(verdict->confidence);
  CHECK(FormatTime(verdict->analyzed_at) == "2026-01-02T03:04:05Z");
}

TEST_CASE("IsScore: finite and within 0 to 100") {
  CHECK(IsScore(0));
  CHECK(IsScore(100));
  CHECK_FALSE(IsScore(std::nan("")));
  CHECK_FALSE(IsScore(INFINITY));
  CHECK_FALSE(IsScore(-1));
}

TEST_CASE("ParseTime: a year that the clock does not know is no time") {
  CHECK(ParseTime("2262-01-01T00:00:00Z"));
  CHECK_FALSE(ParseTime("9999-12-31T23:59:59Z"));
  CHECK_FALSE(ParseTime("0001-01-01T00:00:00Z"));
  CHECK_FALSE(ParseTime("2026-01-01"));
}
