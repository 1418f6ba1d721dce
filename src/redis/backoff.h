#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <utility>

#include "vcache/redis/resp_link.h"

namespace vcache::redis {

/// Pauses between attempts. They double from the first to the last; jitter shortens each by up to
/// half, so that many clients do not return at once. One thread.
class Backoff {
 public:
  using milliseconds = std::chrono::milliseconds;

  explicit Backoff(const RetryOptions& options)
      : options_(options), pause_(options.first_retry), random_(std::random_device{}()) {}

  /// `refused`: the server refused us, so that a quick retry is useless.
  milliseconds Next(bool refused = false) {
    if (refused) return Shortened(options_.refused_retry);
    return Shortened(std::exchange(pause_, std::min(pause_ * 2, options_.last_retry)));
  }
  /// An attempt succeeded: the next pause is the first one again.
  void Reset() noexcept { pause_ = options_.first_retry; }

 private:
  milliseconds Shortened(milliseconds pause) {
    return milliseconds(
        std::uniform_int_distribution<std::int64_t>(pause.count() / 2, pause.count())(random_));
  }

  const RetryOptions options_;
  milliseconds pause_;
  std::minstd_rand random_;
};

}  // namespace vcache::redis
