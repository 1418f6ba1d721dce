#pragma once

#include <cstdint>
#include <memory>

#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"

namespace vcache::app {

/// The whole service, wired: the only place that constructs parts and reads settings.
class Service {
 public:
  /// Opens the stores and builds every part; nothing listens yet. kBadConfiguration names the
  /// variable at fault. The clock and the logger must outlive the service.
  static Result<std::unique_ptr<Service>> Make(const config::Settings& settings, Clock& clock,
                                               Logger& logger);
  ~Service();

  /// Listens. kBadConfiguration when the address cannot be taken.
  Result<void> Start();
  std::uint16_t port() const noexcept;
  /// Blocks until `Stop` was called (success) or the listener failed.
  Result<void> Wait();
  /// Stops accepting, finishes what is in flight and stores the counts, within the grace period.
  /// False when paid calls were still running then.
  bool Stop();

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace vcache::app
