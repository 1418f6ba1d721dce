#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "support/detection_task.h"
#include "support/fake_http_client.h"
#include "support/jumping_clock.h"
#include "unit/detection/vendors/vendor_checks.h"
#include "vcache/core/bytes.h"
#include "vcache/detection/interruptible_timer.h"
#include "vcache/detection/vendors/vendors.h"

namespace vcache::test {

/// One vendor's adapter in front of an HTTP client without a network, and contents to judge.
class VendorFixture {
 public:
  static constexpr const char* kBase = "https://vendor.test";

  VendorFixture() {
    endpoint = {kBase, std::chrono::seconds(9), Usd::FromMicros(10'000), false};
    REQUIRE(file.Append(AsBytes("bytes of a picture")));
  }

  detection::DetectionTask Task(detection::MediaKind kind) const {
    return MakeTask(kind, text, file);
  }

  Result<detection::Detection> Detect(detection::MediaKind kind) {
    return detector->Detect(Task(kind), Deadline::Never());
  }
  Result<detection::Detection> Answering(int status, const std::string& body,
                                         detection::MediaKind kind) {
    http.Reply(status, body);
    return Detect(kind);
  }

  /// What every vendor's adapter makes of an answer that is no verdict, never 0 (rules J1 and J3).
  /// `with_score` is a whole answer with a text where its score should be.
  template <typename WithScore>
  void CheckNoVerdicts(detection::MediaKind kind, WithScore with_score) {
    for (const std::string& score : NoScores()) {
      CAPTURE(score);
      CheckFailure(Answering(200, with_score(score), kind), ErrorCode::kVendorInvalidAnswer,
                   Charge::kUnknown);
    }
    for (const std::string& body : Nonsense()) {
      CAPTURE(body.substr(0, 20));
      CheckFailure(Answering(200, body, kind), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
    }
    const std::string whole = with_score("0.5");
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CheckFailure(Answering(200, whole.substr(0, size), kind), ErrorCode::kVendorInvalidAnswer,
                   Charge::kUnknown);
    }
    REQUIRE(Answering(200, whole, kind));
    http.Fail({ErrorCode::kVendorTimeout, "Too slow.", Charge::kUnknown});
    CheckFailure(Detect(kind), ErrorCode::kVendorTimeout, Charge::kUnknown);
    http.Fail({ErrorCode::kVendorUnavailable, "Refused.", Charge::kNone});
    CheckFailure(Detect(kind), ErrorCode::kVendorUnavailable, Charge::kNone);
  }

  /// What the statuses mean, with the vendor's own words in `field`, with a page of a proxy's, and
  /// with nothing.
  void CheckStatuses(detection::MediaKind kind, const std::string& field) {
    const std::string words = R"({")" + field + R"(":"about )" + kTestSecret + R"("})";
    for (const std::string& body : {words, std::string("<html>"), std::string()}) {
      CAPTURE(body);
      for (const int status : {401, 403, 413, 415}) {
        CheckFailure(Answering(status, body, kind), ErrorCode::kVendorRefused, Charge::kNone);
      }
      for (const int status : {402, 408, 409, 425, 429}) {
        CheckFailure(Answering(status, body, kind), ErrorCode::kVendorUnavailable, Charge::kNone);
      }
      for (const int status : {500, 502, 503, 504}) {
        CheckFailure(Answering(status, body, kind), ErrorCode::kVendorUnavailable,
                     Charge::kUnknown);
      }
    }
    for (const int status : {400, 422}) {
      CheckFailure(Answering(status, words, kind), ErrorCode::kVendorRefused, Charge::kNone);
      CheckFailure(Answering(status, "<html>", kind), ErrorCode::kVendorInvalidAnswer,
                   Charge::kUnknown);
    }
    http.Reply(429, words, {{"retry-after", "7"}});
    CHECK(Detect(kind).error().retry_after == std::chrono::seconds(7));
  }

  detection::VendorEndpoint endpoint;
  JumpingClock clock;
  FakeHttpClient http;
  detection::InterruptibleTimer pauses{clock};
  content::Spool file;
  std::string text = std::string(250, 'a') + " \"quoted\"\nand more";
  std::shared_ptr<detection::Detector> detector;
};

}  // namespace vcache::test
