#include "analysis/single_flight.h"

#include <vector>

namespace vcache::analysis {

void Flight::Settle(Result<Analysis> result) {
  const std::lock_guard lock(mutex_);
  if (result_) return;
  result_ = std::move(result);
  settled_.notify_all();
}

void Flight::CutOff(Deadline deadline) {
  const std::lock_guard lock(mutex_);
  cut_off_ = cut_off_.Shortened(deadline);
  settled_.notify_all();
}

Result<Analysis> Flight::Await(Deadline deadline) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const SteadyTime cut_off = cut_off_.time();
    const SteadyTime until = deadline.Shortened(cut_off_).time();
    const bool woken = clock_.WaitUntil(
        settled_, lock, until, [&] { return result_.has_value() || cut_off_.time() != cut_off; });
    if (result_) return *result_;
    if (woken) continue;  // the cut-off moved
    if (deadline.time() <= cut_off) {
      return ForEverybody(
          {ErrorCode::kDeadlineExceeded,
           "The analysis is still going on; ask again later, its result will be kept."});
    }
    return ForEverybody({.code = ErrorCode::kShuttingDown,
                         .message = "The service is stopping; ask again.",
                         .retry_after = std::chrono::seconds(1)});
  }
}

SingleFlight::Ticket SingleFlight::Join(const cache::CacheKey& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = flights_.find(key); found != flights_.end()) return {found->second};
  if (closed_) return {.flight = nullptr, .closed = true};
  if (flights_.size() >= limits_.flights) return {};
  auto flight = std::make_shared<Flight>(clock_);
  flights_.emplace(key, flight);
  return {.flight = std::move(flight), .leader = true};
}

Result<Analysis> SingleFlight::Wait(Flight& flight, Deadline deadline) {
  const auto refuse = [](const char* message, std::chrono::seconds wait) {
    return ForEverybody({.code = ErrorCode::kOverloaded, .message = message, .retry_after = wait});
  };
  if (waiters_.fetch_add(1) >= limits_.waiters) {
    waiters_.fetch_sub(1);
    return refuse("Too many requests wait for analyses under way; ask again in a moment.",
                  std::chrono::seconds(1));
  }
  Result<Analysis> result = flight.Await(deadline);
  waiters_.fetch_sub(1);
  if (result || result.error().code != ErrorCode::kDeadlineExceeded) return result;
  return refuse(
      "The analysis that somebody else asked for is still going on; ask again later, its result "
      "will be kept.",
      std::chrono::seconds(5));
}

void SingleFlight::Leave(const cache::CacheKey& key) {
  const std::lock_guard lock(mutex_);
  flights_.erase(key);
  // Notify under the lock: the thread in AwaitEmpty may destroy this table right afterwards.
  if (flights_.empty()) emptied_.notify_all();
}

void SingleFlight::Close(Deadline deadline) {
  std::vector<std::shared_ptr<Flight>> open;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [key, flight] : flights_) open.push_back(flight);
  }
  for (const auto& flight : open) flight->CutOff(deadline);
}

bool SingleFlight::AwaitEmpty(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return clock_.WaitUntil(emptied_, lock, deadline.time(), [this] { return flights_.empty(); });
}

}  // namespace vcache::analysis
