#include "analysis/single_flight.h"

#include <vector>

namespace vcache::analysis {

void Flight::Settle(Result<Analysis> result) {
  const MutexLock lock(mutex_);
  if (result_) return;
  result_ = std::move(result);
  settled_.NotifyAll();
}

void Flight::CutOff(Deadline deadline) {
  const MutexLock lock(mutex_);
  cut_off_ = cut_off_.Shortened(deadline);
  settled_.NotifyAll();
}

Result<Analysis> Flight::Await(Deadline deadline) {
  MutexLock lock(mutex_);
  for (;;) {
    const SteadyTime cut_off = cut_off_.time();
    const SteadyTime until = deadline.Shortened(cut_off_).time();
    while (!result_ && cut_off_.time() == cut_off && clock_.WaitUntil(settled_, lock, until)) {
    }
    if (result_) return *result_;
    if (cut_off_.time() != cut_off) continue;  // it moved earlier
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
  const MutexLock lock(mutex_);
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
  const MutexLock lock(mutex_);
  flights_.erase(key);
  // Notified under the lock: the thread in AwaitEmpty may destroy this table right afterwards.
  if (flights_.empty()) emptied_.NotifyAll();
}

void SingleFlight::Close(Deadline deadline) {
  std::vector<std::shared_ptr<Flight>> open;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    for (const auto& [key, flight] : flights_) open.push_back(flight);
  }
  for (const auto& flight : open) flight->CutOff(deadline);
}

bool SingleFlight::AwaitEmpty(Deadline deadline) {
  MutexLock lock(mutex_);
  while (!flights_.empty() && clock_.WaitUntil(emptied_, lock, deadline.time())) {
  }
  return flights_.empty();
}

}  // namespace vcache::analysis
