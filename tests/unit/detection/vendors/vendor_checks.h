#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/fake_http_client.h"
#include "vcache/core/error.h"
#include "vcache/detection/detector.h"

namespace vcache::test {

inline constexpr const char* kTestSecret = "s3cr3t-key-of-the-test";

/// The error is this one, says a sentence, and tells no secret.
inline void CheckFailure(const Result<detection::Detection>& result, ErrorCode code,
                         Charge charge) {
  REQUIRE_FALSE(result);
  CHECK(CodeName(result.error().code) == CodeName(code));
  CHECK(ChargeName(result.error().charge) == ChargeName(charge));
  CHECK_FALSE(result.error().message.empty());
  CHECK(result.error().message.size() < 300);
  CHECK(result.error().message.find(kTestSecret) == std::string::npos);
}

/// What stands where a score should, and is none (rule J3).
inline const std::vector<std::string>& NoScores() {
  static const std::vector<std::string> kTexts = {"null",  "\"0.9\"", "true", "[]",   "{}",
                                                  "-0.01", "1.01",    "97",   "1e999"};
  return kTexts;
}

/// Answers that no vendor means as a verdict: each is an error whose charge is unknown.
inline const std::vector<std::string>& Nonsense() {
  static const std::vector<std::string> kTexts = {"",
                                                  " ",
                                                  "null",
                                                  "[]",
                                                  "0.9",
                                                  "\"ok\"",
                                                  "<html>busy</html>",
                                                  "{\"score\":0.9",
                                                  "{\"score\":NaN}",
                                                  "{}",
                                                  std::string(4 * 1024 * 1024 + 1, ' '),
                                                  std::string(5000, '[') + std::string(5000, ']')};
  return kTexts;
}

}  // namespace vcache::test
