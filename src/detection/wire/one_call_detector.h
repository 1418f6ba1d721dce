#pragma once

#include <string>
#include <string_view>

#include "vcache/detection/detector.h"
#include "vcache/detection/vendor_endpoint.h"
#include "vcache/net/http_client.h"

namespace vcache::detection {

/// A vendor whose verdict is the answer to one request: the adapter builds it and interprets the
/// answer. This class sends it once, if the vendor judges the content. Thread-safe if the three
/// functions are.
class OneCallDetector : public Detector {
 public:
  /// `name` must be a literal; `http` must outlive the detector.
  OneCallDetector(std::string_view name, VendorEndpoint endpoint, net::HttpClient& http)
      : name_(name), endpoint_(std::move(endpoint)), http_(http) {}

  std::string_view provider() const noexcept final { return name_; }
  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) final;

 protected:
  const VendorEndpoint& endpoint() const noexcept { return endpoint_; }
  /// For free requests; paid calls go through `Detect`.
  net::HttpClient& http() const noexcept { return http_; }

  /// The request for an accepted kind; a needed file and type are set. `Detect` sets the time-out.
  virtual net::HttpRequest RequestFor(const DetectionTask& task) const = 0;
  /// Interprets an answer of any status. The caller sets `provider` and `demo`.
  virtual Result<Detection> Interpret(const net::HttpResponse& response,
                                      const DetectionTask& task) const = 0;

 private:
  const std::string_view name_;
  const VendorEndpoint endpoint_;
  net::HttpClient& http_;
};

}  // namespace vcache::detection
