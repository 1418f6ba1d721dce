#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"

namespace vcache::app {

/// The whole service. Only it and wiring/ construct parts and read settings.
class Service {
 public:
  /// Opens the stores and builds every part, without listening. kBadConfiguration names the
  /// variable. The clock and the logger must outlive the service.
  static Result<std::unique_ptr<Service>> Make(const config::Settings& settings, Clock& clock,
                                               Logger& logger);
  ~Service();

  /// Listens. Error: kBadConfiguration when the address is not available.
  Result<void> Start();
  std::uint16_t port() const noexcept;
  /// Blocks until `Stop` (success), or until the listener failed.
  Result<void> Wait();
  enum class Notice { kNone, kGiven };
  /// With notice, first goes on for a while as ever, but not ready and closing each connection
  /// after its answer, so that balancers turn away. Then stops accepting, finishes requests and
  /// stores the counts; all within the grace period. False when paid calls were still running.
  bool Stop(Notice notice = Notice::kGiven);

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  void TurnClientsAway(std::chrono::milliseconds time);
  std::unique_ptr<Parts> parts_;
};

}  // namespace vcache::app
