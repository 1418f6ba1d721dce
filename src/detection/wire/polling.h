#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

#include "vcache/core/result.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/interruptible_timer.h"
#include "vcache/net/http_client.h"

namespace vcache::detection {

/// How often to poll a vendor for a result.
struct PollPlan {
  /// The longest first pause; `interval` if that is shorter.
  std::chrono::milliseconds first_pause = std::chrono::milliseconds::max();
  std::chrono::milliseconds interval{2'000};
  int max_looks = 500;
  /// Consecutive failed polls (broken connections, 429, 5xx) before it gives up.
  int max_failures = 5;
  /// The time limit of one poll, so that an unresponsive vendor is polled again.
  std::chrono::milliseconds look_timeout = std::chrono::milliseconds::max();
};

/// Reads one answer: the result, a final error, or empty for "not yet".
using Look = std::function<std::optional<Result<Detection>>(const net::HttpResponse&)>;

/// Whether another poll may succeed after this status: 408, 425, 429, 5xx.
bool IsTransient(int status) noexcept;

/// A job at a vendor. Holds a view of the name, which must live until the wait ends.
struct PollJob {
  std::string_view vendor;
  net::HttpRequest request;  ///< Polls its state.
  Look look;
  PollPlan plan;
};

/// Waits for the result of an accepted job: sends `request` until `look` returns a result or an
/// error. `Retry-After` lengthens a pause. One last poll always precedes the deadline, because the
/// job is paid for.
///
/// Polls are free, so failed ones are repeated. But the job runs: every error has
/// `Charge::kUnknown` (or kCharged, if `look` knows), never kNone, so that no caller pays a second
/// analysis. Errors: those of `look`; kVendorTimeout (no result by the deadline, or after the most
/// polls); kVendorUnavailable (too many consecutive failures); kVendorInvalidAnswer (an answer that
/// is too large, or not HTTP); kShuttingDown (the service stops and the last poll found nothing).
Result<Detection> AwaitResult(PollJob job, net::HttpClient& http, InterruptibleTimer& pauses,
                              Deadline deadline);

}  // namespace vcache::detection
