#pragma once

#include <cstdint>

namespace vcache::detection {

/// Hears how far the calls of one task are. Several vendors may tell it at once. Thread-safe; it
/// must not block.
class CallProgress {
 public:
  virtual ~CallProgress() = default;

  /// A vendor has too many calls: this one waits for its turn.
  virtual void OnQueued() = 0;
  /// A vendor is asked now.
  virtual void OnBegun() = 0;
  /// So much of the file has left for the vendor; all of it when both are equal.
  virtual void OnSent(std::uint64_t bytes, std::uint64_t of) = 0;
};

}  // namespace vcache::detection
