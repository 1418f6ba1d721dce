#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "vcache/detection/detector.h"

namespace vcache::detection {

/// A detector that is asked through another one: name, price and fingerprint stay the vendor's, as
/// does the check of credentials, and only `Detect` is left to say. Shares the inner one, which is
/// never null.
class DetectorDecorator : public Detector {
 public:
  explicit DetectorDecorator(std::shared_ptr<Detector> inner) : inner_(std::move(inner)) {}

  std::string_view provider() const noexcept override { return inner_->provider(); }
  bool Accepts(MediaKind kind) const noexcept override { return inner_->Accepts(kind); }
  std::string_view RefusalOf(const DetectionTask& task) const noexcept override {
    return inner_->RefusalOf(task);
  }
  std::string Fingerprint(MediaKind kind) const override { return inner_->Fingerprint(kind); }
  std::int64_t PriceMicros(const DetectionTask& task) const noexcept override {
    return inner_->PriceMicros(task);
  }
  /// Past every decorator: what a check comes to must not open a breaker or take a turn.
  CredentialCheck CheckCredentials(Deadline deadline) final {
    return inner_->CheckCredentials(deadline);
  }
  VendorHealth health() const override { return inner_->health(); }

 protected:
  Detector& inner() const noexcept { return *inner_; }

 private:
  const std::shared_ptr<Detector> inner_;
};

}  // namespace vcache::detection
