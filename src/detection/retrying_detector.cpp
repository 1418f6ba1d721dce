#include "vcache/detection/retrying_detector.h"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

namespace vcache::detection {
namespace {

bool MayHelp(const Error& error) {
  if (error.charge != Charge::kNone) return false;  // promise 1: never pay twice
  return error.code == ErrorCode::kVendorUnavailable || error.code == ErrorCode::kVendorTimeout;
}

}  // namespace

double RetryOptions::RandomFraction() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

RetryingDetector::RetryingDetector(std::shared_ptr<Detector> inner, RetryOptions options,
                                   Clock& clock)
    : DetectorDecorator(std::move(inner)), options_(std::move(options)), clock_(clock) {}

Result<Detection> RetryingDetector::Detect(const DetectionTask& task, Deadline deadline) {
  for (int further = 1;; ++further) {
    Result<Detection> answer = inner().Detect(task, deadline);
    if (answer || !MayHelp(answer.error())) return answer;
    const auto pause = PauseAfter(answer.error(), further, deadline);
    if (!pause) return answer;
    clock_.SleepUntil(clock_.Now() + *pause);  // nothing ends it early: somebody is owed an answer
  }
}

std::optional<std::chrono::milliseconds> RetryingDetector::PauseAfter(const Error& error,
                                                                      int further,
                                                                      Deadline deadline) const {
  using std::chrono::milliseconds;
  if (further > options_.retries) return std::nullopt;
  const std::chrono::seconds asked = error.retry_after.value_or(std::chrono::seconds(0));
  if (asked > options_.longest_retry_after) return std::nullopt;
  milliseconds most = options_.first_pause;
  for (int doubled = 1; doubled < further && most < options_.longest_pause; ++doubled) most *= 2;
  most = std::min(most, options_.longest_pause);
  const auto random =
      static_cast<milliseconds::rep>(options_.random() * static_cast<double>(most.count()));
  // First the wait that the vendor asked for, then jitter among the callers that it told the same.
  const milliseconds pause = asked + milliseconds(random);
  if (pause >= deadline.Remaining(clock_)) return std::nullopt;
  return pause;
}

}  // namespace vcache::detection
