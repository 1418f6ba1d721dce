#include "vcache/detection/breaker_detector.h"

#include <algorithm>
#include <utility>

#include "detection/vendor_error.h"
#include "vcache/core/enum_table.h"

namespace vcache::detection {

std::string_view BreakerStateName(BreakerState state) noexcept {
  static constexpr EnumNames<BreakerState, 3> kNames{{"closed", "open", "probing"}};
  return kNames.Of(state);
}

/// Reports to the breaker how a call ended, also after an exception.
class BreakerDetector::Call {
 public:
  Call(BreakerDetector& breaker, std::uint64_t generation)
      : breaker_(breaker), generation_(generation) {}
  ~Call() { breaker_.Leave(generation_, sign_, asked_); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void EndedWith(const Result<Detection>& answer) {
    sign_ = answer ? CallSignal::kWorks : SignalOf(answer.error(), breaker_.options_);
    if (sign_ == CallSignal::kLongPause) asked_ = *answer.error().retry_after;
  }

 private:
  BreakerDetector& breaker_;
  const std::uint64_t generation_;
  CallSignal sign_ = CallSignal::kNothing;
  std::chrono::seconds asked_{0};
};

BreakerDetector::BreakerDetector(std::shared_ptr<Detector> inner, BreakerOptions options,
                                 Clock& clock, Logger& logger)
    : DetectorDecorator(std::move(inner)), options_(options), clock_(clock), logger_(logger) {}

Result<Detection> BreakerDetector::Detect(const DetectionTask& task, Deadline deadline) {
  Result<std::uint64_t> entered = Enter();
  if (!entered) return std::move(entered).error();
  Call call(*this, *entered);
  Result<Detection> answer = inner().Detect(task, deadline);
  call.EndedWith(answer);
  return answer;
}

VendorHealth BreakerDetector::health() const {
  const MutexLock lock(mutex_);
  VendorHealth health{.state = state_};
  if (state_ == BreakerState::kOpen) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(open_until_ - clock_.Now());
    health.retry_after = std::max(left, std::chrono::seconds(0));
  }
  return health;
}

BreakerDetector::CallSignal BreakerDetector::SignalOf(const Error& error,
                                                      const BreakerOptions& options) {
  switch (error.code) {
    case ErrorCode::kVendorUnavailable:
      return error.retry_after >= options.long_retry_after ? CallSignal::kLongPause
                                                           : CallSignal::kFault;
    case ErrorCode::kVendorTimeout:
      return CallSignal::kFault;
    case ErrorCode::kVendorRefused:
    case ErrorCode::kVendorInvalidAnswer:
      return CallSignal::kWorks;
    default:
      return CallSignal::kNothing;  // a local limit, stop or disk error: the vendor was not asked
  }
}

std::string_view BreakerDetector::ReasonOf(CallSignal sign) {
  switch (sign) {
    case CallSignal::kLongPause:
      return "it asks for a long pause";
    case CallSignal::kFault:
      return "it failed again and again";
    case CallSignal::kNothing:
    case CallSignal::kWorks:
      break;
  }
  return "its trial came to nothing";
}

Result<std::uint64_t> BreakerDetector::Enter() {
  MutexLock lock(mutex_);
  if (state_ == BreakerState::kClosed) return generation_;
  const SteadyTime now = clock_.Now();
  if (state_ == BreakerState::kOpen && now >= open_until_) {
    ChangeTo(BreakerState::kHalfOpen);
    const std::uint64_t generation = generation_;
    lock.Unlock();
    logger_.Info("A vendor is tried again after a pause", {{"vendor", provider()}});
    return generation;
  }
  // A probe is in progress; its result will be known in a moment.
  const std::chrono::seconds left = state_ == BreakerState::kOpen
                                        ? std::chrono::ceil<std::chrono::seconds>(open_until_ - now)
                                        : std::chrono::seconds(1);
  lock.Unlock();
  Error error =
      VendorError(provider(), ErrorCode::kVendorUnavailable,
                  "The vendor is out of order and left alone for a while.", Charge::kNone);
  error.retry_after = left;
  error.asked_nobody = true;
  return ForEverybody(std::move(error));
}

void BreakerDetector::Leave(std::uint64_t generation, CallSignal sign, std::chrono::seconds asked) {
  MutexLock lock(mutex_);
  const BreakerState before = state_;
  if (sign == CallSignal::kLongPause) {
    Open(std::min(asked, options_.longest_pause));
  } else if (generation == generation_) {
    Learn(sign);
  }
  const BreakerState after = state_;
  const auto pause = std::chrono::ceil<std::chrono::seconds>(open_until_ - clock_.Now());
  lock.Unlock();
  if (after == before) return;
  if (after == BreakerState::kClosed) {
    logger_.Info("A vendor works again", {{"vendor", provider()}});
  } else {
    logger_.Warn("A vendor is out of order and left alone for a while",
                 {{"vendor", provider()},
                  {"reason", ReasonOf(sign)},
                  {"seconds", static_cast<std::int64_t>(pause.count())}});
  }
}

void BreakerDetector::Learn(CallSignal sign) {
  const bool probe = state_ == BreakerState::kHalfOpen;
  switch (sign) {
    case CallSignal::kWorks:
      faults_ = 0;
      if (probe) ChangeTo(BreakerState::kClosed);
      break;
    case CallSignal::kFault:
      if (probe || ++faults_ >= options_.faults) Open(options_.pause);
      break;
    case CallSignal::kNothing:
      if (probe) Open(std::chrono::seconds(0));  // the next call probes
      break;
    case CallSignal::kLongPause:
      break;  // handled in Leave, for any generation
  }
}

void BreakerDetector::Open(std::chrono::seconds pause) {
  const SteadyTime until = clock_.Now() + pause;
  open_until_ = state_ == BreakerState::kOpen ? std::max(open_until_, until) : until;
  faults_ = 0;
  if (state_ != BreakerState::kOpen) ChangeTo(BreakerState::kOpen);
}

void BreakerDetector::ChangeTo(BreakerState state) {
  state_ = state;
  ++generation_;
}

}  // namespace vcache::detection
