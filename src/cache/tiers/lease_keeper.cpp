#include "vcache/cache/tiers/lease_keeper.h"

#include <iterator>
#include <optional>
#include <utility>

namespace vcache::cache {
namespace {

constexpr std::chrono::milliseconds kRound{500};
constexpr std::chrono::milliseconds kStepLimit{1'000};
/// No lease lives longer (the most that `LEASE_LIFE_MS` takes).
constexpr std::chrono::minutes kLongestLeaseLife{5};
/// Each is a lease that would expire by itself.
constexpr std::size_t kMostOpen = 10'000;

}  // namespace

LeaseKeeper::LeaseKeeper(LeaseStore& leases, Clock& clock)
    : leases_(leases), clock_(clock), task_(clock) {}

void LeaseKeeper::Start() {
  task_.Start(kRound, [this] {
    Round();
    return kRound;
  });
}

void LeaseKeeper::Hold(const LeaseRequest& request, SteadyTime begun) {
  const MutexLock lock(mutex_);
  held_.insert_or_assign(request.token, Held{request, begun + request.life / 2});
}

void LeaseKeeper::Drop(const std::string& token) {
  std::optional<LeaseRequest> renewed;
  {
    const MutexLock lock(mutex_);
    const auto held = held_.find(token);
    if (held == held_.end()) return;
    if (held->second.was_renewed) renewed = std::move(held->second.request);
    held_.erase(held);
  }
  if (!renewed) return;
  EndLater([this, request = *std::move(renewed)](Deadline deadline) {
    return leases_.Release(request.key, request.token, std::nullopt, deadline);
  });
}

void LeaseKeeper::EndLater(Ending ending) {
  const MutexLock lock(mutex_);
  if (open_.size() < kMostOpen)
    open_.push_back({std::move(ending), clock_.Now() + kLongestLeaseLife});
}

void LeaseKeeper::RenewAll() {
  const MutexLock lock(mutex_);
  for (auto& [token, held] : held_) held.due = SteadyTime::min();
}

void LeaseKeeper::Round() {
  RenewDue();
  RepeatEndings();
}

void LeaseKeeper::RenewDue() {
  const SteadyTime now = clock_.Now();
  std::vector<LeaseRequest> due;
  {
    const MutexLock lock(mutex_);
    for (auto& [token, held] : held_) {
      if (now < held.due) continue;
      held.was_renewed = true;
      due.push_back(held.request);
    }
  }
  for (const LeaseRequest& request : due) {
    const auto renewed = leases_.Renew(request, Deadline::After(clock_, kStepLimit));
    if (!renewed) return;  // the store is silent; the next round tries again
    const MutexLock lock(mutex_);
    const auto held = held_.find(request.token);
    if (held != held_.end()) held->second.due = now + request.life / 2;
  }
}

void LeaseKeeper::RepeatEndings() {
  std::vector<Open> open;
  {
    const MutexLock lock(mutex_);
    open.swap(open_);
  }
  auto next = open.begin();
  for (; next != open.end(); ++next) {
    if (next->until <= clock_.Now()) continue;
    if (!next->ending(Deadline::After(clock_, kStepLimit))) break;
  }
  const MutexLock lock(mutex_);
  open_.insert(open_.begin(), std::make_move_iterator(next), std::make_move_iterator(open.end()));
}

void LeaseKeeper::ReleaseAll(Deadline deadline) {
  std::map<std::string, Held> all;
  {
    const MutexLock lock(mutex_);
    all.swap(held_);
  }
  for (const auto& [token, held] : all) {
    if (!leases_.Release(held.request.key, token, std::nullopt, deadline)) return;
  }
}

}  // namespace vcache::cache
