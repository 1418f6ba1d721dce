#pragma once

#include <string_view>
#include <utility>

#include "detection/wire/credential_probe.h"
#include "detection/wire/polling.h"
#include "vcache/detection/vendors/vendors.h"

namespace vcache::detection {

/// What the adapters share: it refuses what the vendor does not take, sends requests and polls
/// within the time limit, and marks verdicts. Thread-safe if the virtual functions are.
class VendorAdapter : public Detector {
 public:
  /// `name` must be a literal.
  VendorAdapter(std::string_view name, VendorOptions options, const VendorParts& parts)
      : options_(std::move(options)), name_(name), parts_(parts) {}

  std::string_view provider() const noexcept final { return name_; }
  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) final;

 protected:
  /// Judges a content of an accepted kind; a needed file and type are set. All requests share
  /// `until`. The caller sets `provider` and `demo`.
  virtual Result<Detection> Judge(const DetectionTask& task, Deadline until) = 0;

  const VendorEndpoint& endpoint() const noexcept { return options_.endpoint; }
  Clock& clock() const noexcept { return parts_.pauses.clock(); }
  net::HttpClient& http() const noexcept { return parts_.http; }

  /// Sends the request once, with the vendor's time-out or this shorter one.
  Result<net::HttpResponse> Send(
      net::HttpRequest request, Deadline until,
      std::chrono::milliseconds timeout = std::chrono::milliseconds::max()) const;
  /// `AwaitResult` with the configured interval, if there is one.
  Result<Detection> Await(net::HttpRequest request, PollPlan plan, Look look, Deadline until) const;
  /// `AskForFree` with the vendor's time-out.
  CredentialCheck Ask(net::HttpRequest request, Deadline deadline, const ReadAnswer& read) const;

  const VendorOptions options_;

 private:
  const std::string_view name_;
  const VendorParts parts_;
};

/// A vendor whose verdict is the answer to one request.
class OneCallDetector : public VendorAdapter {
 public:
  using VendorAdapter::VendorAdapter;

 protected:
  virtual net::HttpRequest RequestFor(const DetectionTask& task) const = 0;
  /// Interprets an answer of any status.
  virtual Result<Detection> Interpret(const net::HttpResponse& response,
                                      const DetectionTask& task) const = 0;

 private:
  Result<Detection> Judge(const DetectionTask& task, Deadline until) final;
};

}  // namespace vcache::detection
