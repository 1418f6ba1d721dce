#include "analysis/single_flight.h"

#include <utility>

namespace vcache::analysis {
namespace {

Error ClientLeft() {
  return {ErrorCode::kClientGone, "The client left; the analysis goes on without it."};
}

/// How often a waiting thread looks whether its client is still there.
constexpr std::chrono::milliseconds kLookForClient{250};

}  // namespace

void Flight::Settle(Result<Analysis> result) {
  std::unordered_map<std::uint64_t, Waiter> told;
  {
    const MutexLock lock(mutex_);
    if (result_) return;
    result_ = result;
    told.swap(waiting_);
    followers_.clear();
    settled_.NotifyAll();
  }
  for (auto& [number, waiter] : told) {
    waiter.places.clear();  // whoever is told may ask again
    waiter.told(result);
  }
}

std::uint64_t Flight::Wait(const Visitor& visitor, bool leads, std::vector<Occupancy::Place> places,
                           Told told) {
  std::optional<Result<Analysis>> result;
  std::uint64_t number = 0;
  {
    const MutexLock lock(mutex_);
    number = ++last_number_;
    if (result_) {
      result = result_;
    } else {
      first_end_ = first_end_.Shortened(WaitingEnd(visitor, leads)).Shortened(cut_off_);
      waiting_.emplace(number, Waiter{visitor, leads, std::move(places), std::move(told)});
    }
  }
  if (result) {
    places.clear();
    told(*std::move(result));
  }
  return number;
}

void Flight::Leave(std::uint64_t number) {
  std::unordered_map<std::uint64_t, Waiter>::node_type left;
  {
    const MutexLock lock(mutex_);
    left = waiting_.extract(number);
  }
  if (left.empty()) return;
  left.mapped().places.clear();
  left.mapped().told(ClientLeft());
}

std::optional<Deadline> Flight::TakeNextLook() {
  const MutexLock lock(mutex_);
  if (waiting_.empty() || first_end_.time() >= planned_.time()) return std::nullopt;
  planned_ = first_end_;
  return planned_;
}

void Flight::EndLateWaits() {
  std::vector<std::pair<Waiter, Error>> late;
  Deadline next = Deadline::Never();
  {
    const MutexLock lock(mutex_);
    planned_ = Deadline::Never();
    for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
      Waiter& waiter = waiting->second;
      const Deadline end = WaitingEnd(waiter.visitor, waiter.leads).Shortened(cut_off_);
      if (!end.Expired(clock_)) {
        next = next.Shortened(end);
        ++waiting;
        continue;
      }
      Error error = EndOfWait(waiter.visitor, waiter.leads);
      late.emplace_back(std::move(waiter), std::move(error));
      waiting = waiting_.erase(waiting);
    }
    first_end_ = next;
  }
  for (auto& [waiter, error] : late) {
    waiter.places.clear();
    waiter.told(std::move(error));
  }
}

std::vector<std::shared_ptr<Allowance>> Flight::Allowances() {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Allowance>> all;
  all.reserve(waiting_.size());
  for (const auto& [number, waiter] : waiting_) all.push_back(waiter.visitor.allowance);
  return all;
}

void Flight::CutOff(Deadline deadline) {
  const MutexLock lock(mutex_);
  cut_off_ = cut_off_.Shortened(deadline);
  first_end_ = first_end_.Shortened(deadline);
  settled_.NotifyAll();
}

void Flight::Report(Stage stage, int percent) {
  std::vector<OnProgress> followers;
  Progress now;
  {
    const MutexLock lock(mutex_);
    if (progress_.stage == stage && progress_.percent == percent) return;
    progress_ = {stage, percent, progress_.change + 1};
    now = progress_;
    followers = followers_;
  }
  for (const OnProgress& follower : followers) follower(now);
}

void Flight::Follow(OnProgress told) {
  Progress now;
  {
    const MutexLock lock(mutex_);
    if (result_) return;
    now = progress_;
    followers_.push_back(told);
  }
  told(now);
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
    if (gone && !result_) return ClientLeft();
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

std::vector<Occupancy::Place> SingleFlight::EnterAsFollower(Flight& flight) {
  std::vector<Occupancy::Place> places;
  auto place = waiters_.Enter();
  auto of_flight = place ? flight.waiters.Enter() : std::nullopt;
  if (!of_flight) return places;
  places.reserve(2);
  places.push_back(*std::move(place));
  places.push_back(*std::move(of_flight));
  return places;
}

std::optional<Result<Analysis>> SingleFlight::Wait(Flight& flight, const Visitor& visitor) {
  const std::vector<Occupancy::Place> places = EnterAsFollower(flight);
  if (places.empty()) return std::nullopt;
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

std::vector<std::shared_ptr<Flight>> SingleFlight::Close(Deadline deadline) {
  std::vector<std::shared_ptr<Flight>> open;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    for (const auto& [key, flight] : flights_) open.push_back(flight);
  }
  for (const auto& flight : open) flight->CutOff(deadline);
  return open;
}

bool SingleFlight::AwaitEmpty(Deadline deadline) {
  MutexLock lock(mutex_);
  while (!flights_.empty() && clock_.WaitUntil(emptied_, lock, deadline.time())) {
  }
  return flights_.empty();
}

}  // namespace vcache::analysis
