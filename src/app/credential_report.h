#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/detection/detector.h"

namespace vcache::app {

/// Tells at start what the vendors say of their credentials, one line for each, in the background:
/// nobody waits for it, and whatever comes out, the service serves.
class CredentialReport {
 public:
  /// Begins at once, on a thread of its own. All must outlive it.
  CredentialReport(std::vector<std::shared_ptr<detection::Detector>> vendors, Clock& clock,
                   Logger& logger);
  /// Waits for the checks that are under way: 5 s from their beginning at most.
  ~CredentialReport();
  CredentialReport(const CredentialReport&) = delete;
  CredentialReport& operator=(const CredentialReport&) = delete;

 private:
  void Run() const noexcept;

  const std::vector<std::shared_ptr<detection::Detector>> vendors_;
  Clock& clock_;
  Logger& logger_;
  std::thread thread_;  // uses what is above
};

}  // namespace vcache::app
