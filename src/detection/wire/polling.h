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

/// How often a vendor is asked whether a result is there.
struct PollPlan {
  std::chrono::milliseconds first_pause{1'000};
  std::chrono::milliseconds interval{2'000};
  int max_looks = 500;
  /// Looks in a row that may fail (broken connections, 429, 5xx) before the result is given up.
  int max_failures = 5;
};

/// What one answer says: the result, an error that is final, or empty, which means "not yet".
using Look = std::function<std::optional<Result<Detection>>(const net::HttpResponse&)>;

/// Whether the status says that asking again may bring what this look did not: 408, 425, 429, 5xx.
bool IsTransient(int status) noexcept;

/// One job that a vendor works on. A view of the name; it must live until the wait is over.
struct PollJob {
  std::string_view vendor;
  net::HttpRequest request;  ///< Asks how it stands.
  Look look;
  PollPlan plan;
};

/// Waits for the result of a job that the vendor has accepted: asks with `request` until `look`
/// says what it came to. `Retry-After` lengthens a pause, up to the deadline; before the deadline
/// comes one last look, whatever was asked, because what is paid for is worth one request.
///
/// A look is free, so what fails on the way is asked again. But the job is under way: every error
/// from here on has `Charge::kUnknown` (or kCharged, where `look` knows), never kNone, so that
/// nobody has the content analysed a second time. Errors: those of `look`; kVendorTimeout (nothing
/// by the deadline, or after so many looks); kVendorUnavailable (too many failures in a row);
/// kVendorInvalidAnswer (an answer that is too large, or not HTTP); kShuttingDown (a stop of the
/// service ended the pauses and the last look found nothing).
Result<Detection> AwaitResult(const PollJob& job, net::HttpClient& http, InterruptibleTimer& pauses,
                              Deadline deadline);

}  // namespace vcache::detection
