#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "vcache/core/mutex.h"
#include "vcache/core/result.h"

namespace vcache::content {

/// Counts what uploads write to one file system, so that together they leave the reserve free. The
/// system's figure covers the bytes that are written; this account covers bytes that are granted
/// and not yet written. One lock covers both: no byte is missed, and a byte counts twice only
/// during its write. Thread-safe; it must outlive its reservations.
class SpoolSpace {
 public:
  /// The free space that the system reports now; UINT64_MAX where the file system has no limit.
  using FreeBytes = std::function<Result<std::uint64_t>()>;

  /// Bytes that are granted and not yet written. The destructor releases the rest.
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

  /// Tests pass `instead`, which replaces the system's figure.
  explicit SpoolSpace(FreeBytes instead = {}) : instead_(std::move(instead)) {}

  /// Grants `bytes`. Empty when less than `reserve` would stay free after all granted bytes are
  /// written. Calls `system` under the lock and returns its errors.
  Result<std::optional<Reservation>> Reserve(std::uint64_t bytes, std::uint64_t reserve,
                                             const FreeBytes& system);

 private:
  const FreeBytes instead_;
  Mutex mutex_;
  std::uint64_t outstanding_ VCACHE_GUARDED_BY(mutex_) = 0;
};

}  // namespace vcache::content
