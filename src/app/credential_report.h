#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/detection/detector.h"
#include "vcache/metrics/alert_watch.h"

namespace vcache::app {

/// Logs in the background whether the vendors accept their credentials, one line each, and tells
/// the alerts which refuse them.
class CredentialReport {
 public:
  /// Starts its thread at once. All arguments must outlive it.
  CredentialReport(std::vector<std::shared_ptr<detection::Detector>> vendors, Clock& clock,
                   Logger& logger, metrics::AlertWatch* alerts = nullptr);
  /// Waits for running checks, at most until 5 s after their start.
  ~CredentialReport();
  CredentialReport(const CredentialReport&) = delete;
  CredentialReport& operator=(const CredentialReport&) = delete;

 private:
  void Run() const noexcept;

  const std::vector<std::shared_ptr<detection::Detector>> vendors_;
  Clock& clock_;
  Logger& logger_;
  metrics::AlertWatch* const alerts_;  ///< Null: nobody is told.
  std::thread thread_;                 // uses the members above
};

}  // namespace vcache::app
