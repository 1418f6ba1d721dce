#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "vcache/detection/detector.h"

namespace vcache::detection {

/// Wraps another detector and changes only `Detect`. Name, price, fingerprint and credential check
/// stay the vendor's. Shares ownership of the inner detector, which is never null.
class DetectorDecorator : public Detector {
 public:
  explicit DetectorDecorator(std::shared_ptr<Detector> inner) : inner_(std::move(inner)) {}

  std::string_view provider() const noexcept override { return inner_->provider(); }
  bool Accepts(MediaKind kind) const noexcept override { return inner_->Accepts(kind); }
  std::string_view RefusalOf(const DetectionTask& task) const noexcept override {
    return inner_->RefusalOf(task);
  }
  std::string Fingerprint(MediaKind kind) const override { return inner_->Fingerprint(kind); }
  Usd Price(const DetectionTask& task) const noexcept override { return inner_->Price(task); }
  /// Bypasses every decorator: a check must not open a breaker or take a permit.
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
