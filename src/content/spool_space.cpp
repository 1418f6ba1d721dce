#include "vcache/content/spool_space.h"

#include <utility>

namespace vcache::content {

SpoolSpace::Reservation::Reservation(Reservation&& other) noexcept
    : space_(std::exchange(other.space_, nullptr)), bytes_(other.bytes_) {}

SpoolSpace::Reservation::~Reservation() {
  if (space_ == nullptr) return;
  const MutexLock lock(space_->mutex_);
  space_->outstanding_ -= bytes_;
}

Result<std::optional<SpoolSpace::Reservation>> SpoolSpace::Reserve(std::uint64_t bytes,
                                                                   std::uint64_t reserve,
                                                                   const FreeBytes& system) {
  const MutexLock lock(mutex_);
  // Ask under the lock: otherwise a write that ends before the sum would be in neither figure.
  const Result<std::uint64_t> free = instead_ ? instead_() : system();
  if (!free) return free.error();
  const std::uint64_t usable = *free > reserve ? *free - reserve : 0;
  if (usable < outstanding_ || usable - outstanding_ < bytes) {
    return std::optional<Reservation>();
  }
  outstanding_ += bytes;
  return std::optional<Reservation>(Reservation(*this, bytes));
}

}  // namespace vcache::content
