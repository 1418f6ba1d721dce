#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <utility>

namespace vcache::redis {

/// Pauses between attempts. They double from the first to the last; jitter shortens each by up to
/// half, so that many clients do not return at once. One thread.
class Backoff {
 public:
  using milliseconds = std::chrono::milliseconds;

  Backoff(milliseconds first, milliseconds last)
      : first_(first), last_(last), pause_(first), random_(std::random_device{}()) {}

  milliseconds Next() { return Shortened(std::exchange(pause_, std::min(pause_ * 2, last_))); }
  /// An attempt succeeded: the next pause is the first one again.
  void Reset() noexcept { pause_ = first_; }
  milliseconds Shortened(milliseconds pause) {
    return milliseconds(
        std::uniform_int_distribution<std::int64_t>(pause.count() / 2, pause.count())(random_));
  }

 private:
  milliseconds first_;
  milliseconds last_;
  milliseconds pause_;
  std::minstd_rand random_;
};

}  // namespace vcache::redis
