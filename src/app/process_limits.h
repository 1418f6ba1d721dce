#pragma once

#include <sys/resource.h>

#include <cstddef>

#include "vcache/config/settings.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"

namespace vcache::app {

/// Whether the process may leave an image of its memory, which holds keys, tokens and uploads.
/// Construct it first in `main`: no core dump from then on, and no reading of this process's memory
/// by other processes of its user. Single-threaded.
class CoreDumps {
 public:
  CoreDumps() noexcept;
  /// `ALLOW_CORE_DUMPS=1`: as the process was started.
  void Allow() const noexcept;
  /// For good.
  void Forbid() const noexcept;

 private:
  rlimit before_{};
};

/// Raises the limit of open files to the hard limit. Returns the limit that holds now.
std::size_t RaiseDescriptorLimit() noexcept;

/// The connections of `wanted` that a limit of open files leaves room for, besides the service's
/// own files, its calls of vendors, and uploads on disk; 0 when nothing is left.
std::size_t ConnectionsWithin(std::size_t limit, std::size_t wanted) noexcept;

/// kBadConfiguration when the hard limit of open files leaves room for too few connections.
Result<void> CheckDescriptorLimit();

/// Raises the limit, and lowers `MAX_CONNECTIONS` with a warning to what fits in it: a full table
/// of descriptors would fail uploads and calls that are under way.
void FitConnections(config::ServerSettings& settings, Logger& logger);

}  // namespace vcache::app
