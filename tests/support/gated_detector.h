#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "vcache/detection/detector.h"

namespace vcache::test {

/// A vendor that answers what a test says, when it says so, and counts what was paid.
class GatedDetector final : public detection::Detector {
 public:
  explicit GatedDetector(std::string name = "fake") : name_(std::move(name)) {}

  std::atomic<int> calls{0};
  /// What each call does; by default a score of 80 for one cent.
  std::function<Result<detection::Detection>(const detection::DetectionTask&)> answer =
      [this](const detection::DetectionTask&) -> Result<detection::Detection> {
    return Verdict(80);
  };

  detection::Detection Verdict(double score) const {
    detection::Detection detection;
    detection.source.provider = name_;
    detection.source.score = score;
    detection.cost = Usd::FromMicros(10'000);
    return detection;
  }

  /// Set: a call whose deadline is over is not made, as with the HTTP client of real vendors.
  const Clock* clock = nullptr;

  std::string_view provider() const noexcept override { return name_; }
  /// Set: why it cannot judge, so that nobody should ask it.
  std::string_view refusal;
  std::string_view RefusalOf(const detection::DetectionTask&) const noexcept override {
    return refusal;
  }
  /// What it says of itself, as a breaker around it would.
  detection::VendorHealth condition;
  detection::VendorHealth health() const override { return condition; }
  bool Accepts(detection::MediaKind) const noexcept override { return true; }
  std::string Fingerprint(detection::MediaKind) const override { return name_ + "/1"; }
  Usd Price(const detection::DetectionTask&) const noexcept override {
    return Usd::FromMicros(10'000);
  }
  Result<detection::Detection> Detect(const detection::DetectionTask& task,
                                      Deadline deadline) override {
    if (clock != nullptr && deadline.Expired(*clock)) {
      return Error{ErrorCode::kVendorTimeout, "No time was left to ask.", Charge::kNone};
    }
    ++calls;
    return answer(task);
  }

 private:
  const std::string name_;
};

}  // namespace vcache::test
