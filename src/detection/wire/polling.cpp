#include "detection/wire/polling.h"

#include <algorithm>
#include <utility>

#include "detection/wire/vendor_answer.h"

namespace vcache::detection {
namespace {

using std::chrono::milliseconds;

/// Reserved before the deadline for the last poll.
constexpr milliseconds kLastLook{2'000};

Error UnderWay(Error error) {
  if (error.charge == Charge::kNone) error.charge = Charge::kUnknown;
  error.asked_nobody = false;  // it was, to begin the job
  return error;
}

/// One wait for a result. Lives on the stack of `AwaitResult`.
class Wait {
 public:
  Wait(const PollJob& job, net::HttpClient& http, InterruptibleTimer& pauses, Deadline deadline)
      : job_(job), http_(http), pauses_(pauses), deadline_(deadline) {}

  Result<Detection> Run() {
    milliseconds pause = std::min(job_.plan.first_pause, job_.plan.interval);
    for (int looks = 0; looks < job_.plan.max_looks; ++looks) {
      const bool last = IsLast(pause);
      const bool stopped = !pauses_.WaitUntil(EndOf(pause));
      if (auto result = LookOnce()) return *std::move(result);
      if (stopped) {
        return VendorError(job_.vendor, ErrorCode::kShuttingDown,
                           "The service stopped before the vendor had a result.", Charge::kUnknown);
      }
      if (last && shortage_) return UnderWay(*std::move(shortage_));
      if (last) break;
      pause = std::max(job_.plan.interval, asked_);
    }
    return VendorError(job_.vendor, ErrorCode::kVendorTimeout,
                       "The vendor had no result in time; it may have charged for it.",
                       Charge::kUnknown);
  }

 private:
  bool IsLast(milliseconds pause) const {
    return !deadline_.never() && pause >= deadline_.Remaining(pauses_.clock()) - kLastLook;
  }

  SteadyTime EndOf(milliseconds pause) const {
    const SteadyTime end = pauses_.clock().Now() + pause;
    return deadline_.never() ? end : std::min(end, deadline_.time() - kLastLook);
  }

  /// The result, or a final error; empty to go on.
  std::optional<Result<Detection>> LookOnce() {
    asked_ = milliseconds(0);
    const auto response = http_.Send(job_.request, deadline_);
    shortage_.reset();
    if (!response && response.error().code == ErrorCode::kIo) {
      // This machine's own: the vendor goes on with what is paid for.
      shortage_ = TransportError(job_.vendor, response.error());
      return std::nullopt;
    }
    if (!response) {
      if (IsTransient(response.error()) && MayFail()) return std::nullopt;
      return UnderWay(TransportError(job_.vendor, response.error()));
    }
    asked_ = response->retry_after.value_or(std::chrono::seconds(0));
    if (detection::IsTransient(response->status)) {
      if (MayFail()) return std::nullopt;
      return UnderWay(StatusError(job_.vendor, *response));
    }
    failures_ = 0;
    auto result = job_.look(*response);
    if (!result || *result) return result;
    return UnderWay(std::move(*result).error());
  }

  bool IsTransient(const Error& error) const {
    return error.code == ErrorCode::kVendorUnavailable ||
           (error.code == ErrorCode::kVendorTimeout && !deadline_.Expired(pauses_.clock()));
  }

  bool MayFail() { return ++failures_ < job_.plan.max_failures; }

  const PollJob& job_;
  net::HttpClient& http_;
  InterruptibleTimer& pauses_;
  const Deadline deadline_;
  int failures_ = 0;                 ///< In a row.
  std::optional<Error> shortage_{};  ///< Of this machine, at the last look.
  milliseconds asked_{0};
};

}  // namespace

bool IsTransient(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

Result<Detection> AwaitResult(PollJob job, net::HttpClient& http, InterruptibleTimer& pauses,
                              Deadline deadline) {
  job.request.timeout = std::min(job.request.timeout, job.plan.look_timeout);
  return Wait(job, http, pauses, deadline).Run();
}

}  // namespace vcache::detection
