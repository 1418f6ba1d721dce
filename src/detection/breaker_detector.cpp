#include "vcache/detection/breaker_detector.h"

#include <algorithm>
#include <utility>

#include "detection/vendor_error.h"

namespace vcache::detection {

/// Tells the breaker how a call ended, also when it ended by an exception.
class BreakerDetector::Call {
 public:
  Call(BreakerDetector& breaker, std::uint64_t age) : breaker_(breaker), age_(age) {}
  ~Call() { breaker_.Leave(age_, sign_, asked_); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void EndedWith(const Result<Detection>& answer) {
    sign_ = answer ? Sign::kWorks : SignOf(answer.error(), breaker_.options_);
    if (sign_ == Sign::kLongPause) asked_ = *answer.error().retry_after;
  }

 private:
  BreakerDetector& breaker_;
  const std::uint64_t age_;
  Sign sign_ = Sign::kNothing;
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
  const std::lock_guard lock(mutex_);
  VendorHealth health{.state = state_};
  if (state_ == BreakerState::kOpen) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(open_until_ - clock_.Now());
    health.retry_after = std::max(left, std::chrono::seconds(0));
  }
  return health;
}

BreakerDetector::Sign BreakerDetector::SignOf(const Error& error, const BreakerOptions& options) {
  switch (error.code) {
    case ErrorCode::kVendorUnavailable:
      return error.retry_after >= options.long_retry_after ? Sign::kLongPause : Sign::kFault;
    case ErrorCode::kVendorTimeout:
      return Sign::kFault;
    case ErrorCode::kVendorRefused:
    case ErrorCode::kVendorInvalidAnswer:
      return Sign::kWorks;
    default:
      return Sign::kNothing;  // a bound, a stop or a disk of ours: the vendor was not asked
  }
}

std::string_view BreakerDetector::ReasonOf(Sign sign) {
  switch (sign) {
    case Sign::kLongPause:
      return "it asks for a long pause";
    case Sign::kFault:
      return "it failed again and again";
    case Sign::kNothing:
    case Sign::kWorks:
      break;
  }
  return "its trial came to nothing";
}

Result<std::uint64_t> BreakerDetector::Enter() {
  std::unique_lock lock(mutex_);
  if (state_ == BreakerState::kClosed) return age_;
  const SteadyTime now = clock_.Now();
  if (state_ == BreakerState::kOpen && now >= open_until_) {
    ChangeTo(BreakerState::kProbing);
    const std::uint64_t age = age_;
    lock.unlock();
    logger_.Info("A vendor is tried again after a pause", {{"vendor", provider()}});
    return age;
  }
  // While another's probe is under way nobody knows; a moment later somebody will.
  const std::chrono::seconds left = state_ == BreakerState::kOpen
                                        ? std::chrono::ceil<std::chrono::seconds>(open_until_ - now)
                                        : std::chrono::seconds(1);
  lock.unlock();
  Error error =
      VendorError(provider(), ErrorCode::kVendorUnavailable,
                  "The vendor is out of order and left alone for a while.", Charge::kNone);
  error.retry_after = left;
  return ForEverybody(std::move(error));
}

void BreakerDetector::Leave(std::uint64_t age, Sign sign, std::chrono::seconds asked) {
  std::unique_lock lock(mutex_);
  const BreakerState before = state_;
  if (sign == Sign::kLongPause) {
    Open(std::min(asked, options_.longest_pause));
  } else if (age == age_) {
    Learn(sign);
  }
  const BreakerState after = state_;
  const auto pause = std::chrono::ceil<std::chrono::seconds>(open_until_ - clock_.Now());
  lock.unlock();
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

void BreakerDetector::Learn(Sign sign) {
  const bool probe = state_ == BreakerState::kProbing;
  switch (sign) {
    case Sign::kWorks:
      faults_ = 0;
      if (probe) ChangeTo(BreakerState::kClosed);
      break;
    case Sign::kFault:
      if (probe || ++faults_ >= options_.faults) Open(options_.pause);
      break;
    case Sign::kNothing:
      if (probe) Open(std::chrono::seconds(0));  // the next one probes
      break;
    case Sign::kLongPause:
      break;  // counts whenever its call began
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
  ++age_;
}

}  // namespace vcache::detection
