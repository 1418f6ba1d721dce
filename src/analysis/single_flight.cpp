#include "analysis/single_flight.h"

#include <vector>

namespace vcache::analysis {
namespace {

/// How often a waiting thread looks whether its client is still there.
constexpr std::chrono::milliseconds kLookForClient{250};

}  // namespace

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

void Flight::BeginCall() {
  const MutexLock lock(mutex_);
  pays_ = true;
}

Deadline Flight::WaitingEnd(const Visitor& visitor, bool leads) const {
  return leads && pays_ ? visitor.deadline : visitor.deadline.Shortened(visitor.patience);
}

Error Flight::EndOfWait(const Visitor& visitor, bool leads) const {
  const Deadline end = WaitingEnd(visitor, leads);
  if (cut_off_.time() < end.time()) {
    return ForEverybody({.code = ErrorCode::kShuttingDown,
                         .message = "The service is stopping; ask again.",
                         .retry_after = std::chrono::seconds(1)});
  }
  if (leads && end.time() == visitor.deadline.time()) {
    return ForEverybody(
        {ErrorCode::kDeadlineExceeded,
         "The analysis is still going on; ask again later, its result will be kept."});
  }
  return ForEverybody(
      {.code = ErrorCode::kOverloaded,
       .message = "The analysis that somebody else asked for is still going on; ask again later, "
                  "its result will be kept.",
       .retry_after = std::chrono::seconds(5)});
}

Result<Analysis> Flight::Await(const Visitor& visitor, bool leads) {
  MutexLock lock(mutex_);
  while (!result_) {
    const Deadline end = WaitingEnd(visitor, leads).Shortened(cut_off_);
    if (end.Expired(clock_)) return EndOfWait(visitor, leads);
    if (!visitor.client_gone) {
      clock_.WaitUntil(settled_, lock, end.time());
      continue;
    }
    const Deadline look = Deadline::After(clock_, kLookForClient);
    clock_.WaitUntil(settled_, lock, end.Shortened(look).time());
    lock.Unlock();
    const bool gone = visitor.client_gone();
    lock.Lock();
    if (gone && !result_) {
      return Error{ErrorCode::kClientGone, "The client left; the analysis goes on without it."};
    }
  }
  return *result_;
}

SingleFlight::Ticket SingleFlight::Join(const cache::CacheKey& key) {
  const MutexLock lock(mutex_);
  if (const auto found = flights_.find(key); found != flights_.end()) return {found->second};
  if (closed_) return {};
  auto flight = std::make_shared<Flight>(clock_, limits_.waiters_of_one);
  flights_.emplace(key, flight);
  return {.flight = std::move(flight), .leader = true};
}

std::optional<Result<Analysis>> SingleFlight::Wait(Flight& flight, const Visitor& visitor) {
  const auto place = waiters_.Enter();
  const auto of_flight = place ? flight.waiters.Enter() : std::nullopt;
  if (!of_flight) return std::nullopt;
  return flight.Await(visitor, /*leads=*/false);
}

void SingleFlight::End(const cache::CacheKey& key, Flight& flight, Result<Analysis> result) {
  Leave(key);  // from here on this table may be gone
  flight.Settle(std::move(result));
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
