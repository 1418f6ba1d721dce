#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// What was counted for one caller since the last exchange.
struct RateChange {
  std::string window;            ///< `m29712345`: which minute or day.
  std::chrono::seconds life{0};  ///< How long a store keeps the window after its last change.
  std::string field;             ///< What is counted for whom, short and without personal data.
  std::uint64_t added = 0;
};

/// Adds up what the replicas count. Thread-safe; calls block until `deadline` at most.
class RateStore {
 public:
  virtual ~RateStore() = default;

  /// The sums of all replicas after this, in the order of the changes; one command.
  /// kStoreUnavailable: they may have been added.
  virtual Result<std::vector<std::uint64_t>> Exchange(std::span<const RateChange> changes,
                                                      Deadline deadline) = 0;
  /// Whether calls are likely to be answered now. Never blocks.
  virtual bool available() const noexcept = 0;
};

}  // namespace vcache::cache
