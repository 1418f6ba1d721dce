#include "vcache/detection/limited_detector.h"

#include <iterator>
#include <utility>

#include "detection/vendor_error.h"
#include "vcache/detection/call_progress.h"

namespace vcache::detection {

LimitedDetector::LimitedDetector(std::shared_ptr<Detector> inner, LimitOptions options,
                                 Clock& clock)
    : DetectorDecorator(std::move(inner)), options_(options), clock_(clock) {}

Result<Detection> LimitedDetector::Detect(const DetectionTask& task, Deadline deadline) {
  if (Result<void> entered = Enter(task.progress, deadline); !entered) {
    return std::move(entered).error();
  }
  // Returns the permit at the end of the call, also after an exception.
  const auto leave = [](LimitedDetector* limited) { limited->Leave(); };
  const std::unique_ptr<LimitedDetector, decltype(leave)> permit(this, leave);
  if (task.progress != nullptr) task.progress->OnBegun();
  return inner().Detect(task, deadline);
}

Result<void> LimitedDetector::Enter(CallProgress* progress, Deadline deadline) {
  MutexLock lock(mutex_);
  // Nobody overtakes: as long as somebody waits, whoever leaves hands on the turn.
  if (calls_ < options_.max_calls && waiting_.empty()) {
    ++calls_;
    return {};
  }
  if (waiting_.size() >= options_.max_queue) {
    return Refusal("Too many analyses wait for this vendor; ask again in a moment.");
  }
  const Deadline until = deadline.Shortened(Deadline::After(clock_, options_.max_wait));
  Waiter self;
  waiting_.push_back(&self);
  const auto place = std::prev(waiting_.end());
  if (progress != nullptr) {
    lock.Unlock();
    progress->OnQueued();
    lock.Lock();
  }
  while (!self.has_turn && clock_.WaitUntil(self.called, lock, until.time())) {
  }
  if (self.has_turn) return {};
  waiting_.erase(place);
  return Refusal("The vendor is busy with other analyses; ask again in a moment.");
}

void LimitedDetector::Leave() {
  const MutexLock lock(mutex_);
  if (waiting_.empty()) {
    --calls_;
    return;
  }
  Waiter& next = *waiting_.front();
  waiting_.pop_front();
  next.has_turn = true;
  next.called.NotifyOne();  // under the lock: afterwards the waiter may be gone
}

Error LimitedDetector::Refusal(std::string_view sentence) const {
  Error error = VendorError(provider(), ErrorCode::kOverloaded, sentence, Charge::kNone);
  error.retry_after = std::chrono::seconds(1);
  error.asked_nobody = true;
  return ForEverybody(std::move(error));
}

}  // namespace vcache::detection
