#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace vcache::analysis {

/// Counts what goes on at once, up to a limit. Thread-safe; it must outlive its places.
class Occupancy {
 public:
  /// Counts as long as it lives.
  class [[nodiscard]] Place {
   public:
    explicit Place(Occupancy& of) noexcept : of_(&of) {}
    ~Place() {
      if (of_ != nullptr) of_->taken_.fetch_sub(1);
    }
    Place(Place&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(of_, other.of_);
      return *this;
    }

   private:
    Occupancy* of_;
  };

  explicit Occupancy(std::size_t limit) noexcept : limit_(limit) {}

  /// Empty when it is full.
  std::optional<Place> Enter() noexcept {
    std::size_t taken = taken_.load();
    do {
      if (taken >= limit_) return std::nullopt;
    } while (!taken_.compare_exchange_weak(taken, taken + 1));
    return Place(*this);
  }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace vcache::analysis
