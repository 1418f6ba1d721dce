#include "cli/finding.h"

#include <doctest/doctest.h>

#include <vector>

#include "json/json.h"

using namespace vcache;
using cli::Finding;
using cli::Grade;

TEST_CASE(
    "Findings as text: one line each in columns, advice below, and nothing to run a terminal") {
  const std::vector<Finding> findings = {
      {"store", Grade::kOk, "All is well."},
      {"vendor x", Grade::kWarn, "Not known.", "Look again."},
      {"redis", Grade::kFail, "It says \"\x1b[31m\nok  store\"."},
  };
  CHECK(cli::AsText(findings) ==
        "ok    store     All is well.\n"
        "warn  vendor x  Not known.\n"
        "                -> Look again.\n"
        "FAIL  redis     It says \"\\x1b[31m\\x0aok  store\".\n");
}

TEST_CASE("Findings as JSON: ok is false when one has failed, and a warning is no failure") {
  const std::vector<Finding> fine = {{"a", Grade::kOk, "Yes."},
                                     {"b", Grade::kWarn, "Perhaps.", "Look."}};
  CHECK(cli::AsJson(fine) ==
        R"({"ok":true,"checks":[{"check":"a","status":"ok","message":"Yes."},)"
        R"({"check":"b","status":"warn","message":"Perhaps.","advice":"Look."}]})"
        "\n");
  CHECK_FALSE(cli::HasFailed(fine));
  const std::vector<Finding> bad = {{"a", Grade::kFail, "A \"no\"\n\xff"}};
  CHECK(cli::HasFailed(bad));
  const auto json = ParseJson(cli::AsJson(bad));
  REQUIRE(json);
  CHECK(AsBool(Find(*json, "ok")) == false);
  const Json* checks = Find(*json, "checks");
  REQUIRE(checks != nullptr);
  CHECK(AsString(Find(checks->front(), "status")) == "fail");
}
