#include "analysis/flight.h"

namespace vcache::analysis {

void Flight::Settle(Result<Analysis> result) {
  const std::lock_guard lock(mutex_);
  if (result_) return;
  result_ = std::move(result);
  settled_.notify_all();
}

Result<Analysis> Flight::Await(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!clock_.WaitUntil(settled_, lock, deadline.time(), [this] { return result_.has_value(); })) {
    return Error{ErrorCode::kDeadlineExceeded,
                 "The analysis is still going on; ask again later, its result will be kept."};
  }
  return *result_;
}

FlightTable::Boarding FlightTable::Board(const cache::CacheKey& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = flights_.find(key); found != flights_.end()) return {found->second};
  if (closed_) return {.flight = nullptr, .closed = true};
  if (flights_.size() >= capacity_) return {};
  auto flight = std::make_shared<Flight>(clock_);
  flights_.emplace(key, flight);
  return {.flight = std::move(flight), .leader = true};
}

void FlightTable::Leave(const cache::CacheKey& key) {
  const std::lock_guard lock(mutex_);
  flights_.erase(key);
  // Notified under the lock: whoever waits in AwaitEmpty may destroy this table right afterwards.
  if (flights_.empty()) emptied_.notify_all();
}

void FlightTable::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool FlightTable::AwaitEmpty(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return clock_.WaitUntil(emptied_, lock, deadline.time(), [this] { return flights_.empty(); });
}

}  // namespace vcache::analysis
