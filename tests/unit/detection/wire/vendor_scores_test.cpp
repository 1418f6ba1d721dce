#include "detection/wire/vendor_scores.h"

#include <doctest/doctest.h>

using namespace vcache;
using detection::FrameTally;
using detection::GeneratorScores;

namespace {

Json Parsed(const std::string& text) {
  return ParseJson(text).value();
}

}  // namespace

TEST_CASE("GeneratorScores: the highest score of each name, best first, noise left out") {
  GeneratorScores generators;
  const Json first =
      Parsed(R"({"flux":0.2,"sora":0.5,"gan":0.0099,"other":"x","odd":null,"no":7})");
  const Json second = Parsed(R"({"flux":0.9,"sora":0.4})");
  generators.AddMap(&first);
  generators.AddMap(&second);
  generators.AddMap(nullptr);
  const std::vector<std::pair<std::string, double>> expected = {{"flux", 90}, {"sora", 50}};
  CHECK(generators.BestFirst() == expected);
}

TEST_CASE("GeneratorScores: of too many names the best are kept, whatever their order") {
  for (const bool rising : {true, false}) {
    GeneratorScores generators;
    for (int i = 0; i < 90; ++i) {
      const int rank = rising ? i : 89 - i;
      const Json score = 0.05 + rank * 0.01;
      generators.Add("generator-" + std::to_string(rank), &score);
    }
    const auto kept = generators.BestFirst();
    REQUIRE(kept.size() == GeneratorScores::kMaxNames);
    CHECK(kept.front() == std::pair<std::string, double>("generator-89", 94));
    CHECK(kept.back().second == 63);
  }
}

TEST_CASE("GeneratorScores: names are escaped and cut (rule S7)") {
  GeneratorScores generators;
  const Json score = 0.5;
  generators.Add("bad\x1b[31m\n", &score);
  generators.Add(std::string(100'000, 'n'), &score);
  for (const auto& [name, value] : generators.BestFirst()) {
    CHECK(name.size() < 100);
    CHECK(name.find('\n') == std::string::npos);
    CHECK(name.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("FrameTally: the headline is the highest frame, with its raw number, mean and count") {
  FrameTally tally;
  for (const double number : {0.2, 0.9, 0.4}) {
    const Json raw = number;
    CHECK(tally.Add(&raw));
  }
  SourceVerdict source;
  tally.FillIn(source);
  CHECK(source.score == 90.0);
  CHECK(source.raw_score == 0.9);
  REQUIRE(source.frames);
  CHECK(source.frames->count == 3);
  CHECK(source.frames->mean == 50);
  CHECK(source.frames->max == 90);
}

TEST_CASE("FrameTally: what is no number of 0 to 1 is refused") {
  FrameTally tally;
  CHECK_FALSE(tally.Add(nullptr));
  for (const char* text : {"null", "\"0.9\"", "true", "-0.1", "1.1", "[0.9]"}) {
    CAPTURE(text);
    const Json raw = Parsed(text);
    CHECK_FALSE(tally.Add(&raw));
  }
  CHECK(tally.count() == 0);
}
