#pragma once

#include <string>
#include <string_view>

#include "vcache/detection/detector.h"
#include "vcache/detection/vendor_endpoint.h"
#include "vcache/net/http_client.h"

namespace vcache::detection {

/// A vendor whose verdict is the answer to one request: what all of these do around their own
/// protocol. An adapter says how the request looks and what an answer means; sent is it here, once,
/// and only for what the vendor judges. Thread-safe as long as the three functions are.
class OneCallDetector : public Detector {
 public:
  /// `name` lives for ever (a literal); `http` must outlive the detector.
  OneCallDetector(std::string_view name, VendorEndpoint endpoint, net::HttpClient& http)
      : name_(name), endpoint_(std::move(endpoint)), http_(http) {}

  std::string_view provider() const noexcept final { return name_; }
  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) final;

 protected:
  const VendorEndpoint& endpoint() const noexcept { return endpoint_; }
  /// For what costs nothing; paid calls go through `Detect`.
  net::HttpClient& http() const noexcept { return http_; }

  /// The request for a task of a kind that is accepted; a file and its type are there when the kind
  /// needs them. `Detect` sets the time-out.
  virtual net::HttpRequest RequestFor(const DetectionTask& task) const = 0;
  /// What an answer of any status means. `provider`, and whether it is a demonstration, are set by
  /// the caller.
  virtual Result<Detection> Interpret(const net::HttpResponse& response,
                                      const DetectionTask& task) const = 0;

 private:
  const std::string_view name_;
  const VendorEndpoint endpoint_;
  net::HttpClient& http_;
};

}  // namespace vcache::detection
