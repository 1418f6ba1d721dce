#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "vcache/core/result.h"

namespace vcache::content {

/// One account of what uploads write to one file system, so that together they leave the reserve
/// free. The system's figure has what was written; the account has what was granted and is not
/// written yet. Both are read under one lock: no byte is missed, and a byte is counted twice only
/// while it is being written. Thread-safe; it must outlive its reservations.
class SpoolSpace {
 public:
  /// What may still be written to the file system, as the system tells it now; UINT64_MAX where it
  /// has no limit.
  using FreeBytes = std::function<Result<std::uint64_t>()>;

  /// Bytes that are granted and not written yet. Ends with its owner: what was written by then is
  /// in the system's figure, and the rest is free again.
  class Reservation {
   public:
    Reservation(Reservation&& other) noexcept;
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation();

   private:
    friend class SpoolSpace;
    Reservation(SpoolSpace& space, std::uint64_t bytes) noexcept : space_(&space), bytes_(bytes) {}

    SpoolSpace* space_;
    std::uint64_t bytes_;
  };

  /// `instead` is asked in place of the system; for tests.
  explicit SpoolSpace(FreeBytes instead = {}) : instead_(std::move(instead)) {}

  /// Grants `bytes`; empty when less than `reserve` would stay free once all that was granted is
  /// written. Errors: those of `system`, which is asked under the account's lock.
  Result<std::optional<Reservation>> Reserve(std::uint64_t bytes, std::uint64_t reserve,
                                             const FreeBytes& system);

 private:
  const FreeBytes instead_;
  std::mutex mutex_;
  std::uint64_t outstanding_ = 0;  // guarded by mutex_
};

}  // namespace vcache::content
