#include "vcache/api/rate_limits.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

namespace vcache::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kMinute = std::chrono::minutes(1);
constexpr milliseconds kDay = std::chrono::hours(24);
constexpr std::array<Quota, kQuotas> kAllQuotas = {
    Quota::kLookUps, Quota::kAnalyses, Quota::kPaidMinute, Quota::kPaidDay, Quota::kTries};
constexpr std::size_t kFieldDigits = 32;

/// Names what is counted for whom; nothing personal leaves the process.
std::string FieldOf(Quota quota, std::string_view caller) {
  constexpr std::string_view kLetters = "lapdt";
  const std::string digest = content::DigestOf(AsBytes(caller)).ToHex();
  return kLetters[static_cast<std::size_t>(quota)] + digest.substr(0, kFieldDigits);
}

}  // namespace

RateLimits::RateLimits(RateLimitOptions options, Clock& clock)
    : options_(std::move(options)), clock_(clock) {}

std::uint64_t RateLimits::LimitOf(Quota quota, std::optional<std::uint64_t> own) const noexcept {
  return own ? *own : options_[quota];
}

RateLimits::Moment RateLimits::MomentOf(Quota quota) const {
  const bool is_day = quota == Quota::kPaidDay;
  const milliseconds length = is_day ? kDay : kMinute;
  const auto now = std::chrono::floor<milliseconds>(clock_.WallNow()).time_since_epoch();
  const std::int64_t window = now / length;
  return {window, length, length - now % length, !is_day};
}

RateLimits::Tracked* RateLimits::Find(const std::string& caller) {
  const auto found = by_caller_.find(caller);
  return found == by_caller_.end() ? nullptr : &*found->second;
}

RateLimits::Tracked& RateLimits::FindOrAdd(const std::string& caller) {
  if (const auto found = by_caller_.find(caller); found != by_caller_.end()) {
    tracked_.splice(tracked_.begin(), tracked_, found->second);
    return tracked_.front();
  }
  if (tracked_.size() >= std::max<std::size_t>(options_.max_callers, 1)) {
    by_caller_.erase(tracked_.back().caller);
    tracked_.pop_back();
  }
  tracked_.push_front({.caller = caller});
  by_caller_.emplace(tracked_.front().caller, tracked_.begin());
  return tracked_.front();
}

RateLimits::Counter& RateLimits::Current(Tracked& tracked, Quota quota, const Moment& moment) {
  Counter& counter = tracked.counters[static_cast<std::size_t>(quota)];
  // A clock that steps back a little stays in the window; one that jumps begins anew.
  if (counter.window == moment.window || counter.window == moment.window + 1) return counter;
  const bool follows = counter.window + 1 == moment.window;
  const std::uint64_t before = follows ? counter.now() : 0;
  counter = {.window = moment.window,
             .before = static_cast<std::uint32_t>(
                 std::min<std::uint64_t>(before, std::numeric_limits<std::uint32_t>::max()))};
  return counter;
}

std::uint64_t RateLimits::Used(const Counter& counter, const Moment& moment) noexcept {
  if (!moment.slides) return counter.now();
  const auto left = static_cast<std::uint64_t>(moment.left.count());
  const auto length = static_cast<std::uint64_t>(moment.length.count());
  // Rounded up: never more than the limit.
  return counter.now() + (counter.before * left + length - 1) / length;
}

/// Until one more fits. Of `count` that slide out evenly over a window, `room` are left when the
/// window has passed but for room/count of it.
seconds RateLimits::Wait(const Counter& counter, const Moment& moment,
                         std::uint64_t limit) noexcept {
  const auto until_few = [&](std::uint64_t count, std::uint64_t most) {
    return moment.length - milliseconds(static_cast<std::int64_t>(
                               static_cast<std::uint64_t>(moment.length.count()) * most / count));
  };
  milliseconds wait = moment.left;
  if (moment.slides && counter.now() < limit && counter.before > 0) {
    const milliseconds passed = moment.length - moment.left;
    wait = until_few(counter.before, limit - 1 - counter.now()) - passed;
  } else if (moment.slides && counter.now() > 0) {
    wait += until_few(counter.now(), std::min(limit - 1, counter.now()));
  }
  return std::max(std::chrono::ceil<seconds>(wait), seconds(1));
}

void RateLimits::Add(Tracked& tracked, Counter& counter) {
  if (counter.unsent < std::numeric_limits<std::uint32_t>::max()) ++counter.unsent;
  if (!options_.shared || tracked.is_changed || changed_.size() >= options_.max_callers) return;
  changed_.push_back(tracked.caller);
  tracked.is_changed = true;
}

std::optional<seconds> RateLimits::Take(Quota quota, const std::string& caller,
                                        std::optional<std::uint64_t> own) {
  const std::uint64_t limit = LimitOf(quota, own);
  if (limit == 0) return std::nullopt;
  const Moment moment = MomentOf(quota);
  const MutexLock lock(mutex_);
  Tracked& tracked = FindOrAdd(caller);
  Counter& counter = Current(tracked, quota, moment);
  if (Used(counter, moment) >= limit) return Wait(counter, moment, limit);
  Add(tracked, counter);
  return std::nullopt;
}

std::optional<seconds> RateLimits::Look(Quota quota, const std::string& caller,
                                        std::optional<std::uint64_t> own) {
  const std::uint64_t limit = LimitOf(quota, own);
  if (limit == 0) return std::nullopt;
  const Moment moment = MomentOf(quota);
  const MutexLock lock(mutex_);
  Tracked* const tracked = Find(caller);
  if (tracked == nullptr) return std::nullopt;
  const Counter& counter = Current(*tracked, quota, moment);
  if (Used(counter, moment) < limit) return std::nullopt;
  return Wait(counter, moment, limit);
}

std::uint64_t RateLimits::Count(Quota quota, const std::string& caller) {
  if (options_[quota] == 0) return 0;
  const Moment moment = MomentOf(quota);
  const MutexLock lock(mutex_);
  Tracked& tracked = FindOrAdd(caller);
  Counter& counter = Current(tracked, quota, moment);
  Add(tracked, counter);
  return Used(counter, moment);
}

void RateLimits::GiveBack(Quota quota, const std::string& caller) {
  const Moment moment = MomentOf(quota);
  const MutexLock lock(mutex_);
  Tracked* const tracked = Find(caller);
  if (tracked == nullptr) return;
  Counter& counter = Current(*tracked, quota, moment);
  // What other replicas were told stays: it is one too many for a window at most.
  if (counter.unsent > 0) --counter.unsent;
}

QuotaState RateLimits::State(Quota quota, const std::string& caller,
                             std::optional<std::uint64_t> own) {
  const Moment moment = MomentOf(quota);
  QuotaState state{.limit = LimitOf(quota, own),
                   .window = std::chrono::duration_cast<seconds>(moment.length),
                   .resets_in = std::chrono::ceil<seconds>(moment.left)};
  const MutexLock lock(mutex_);
  Tracked* const tracked = Find(caller);
  const std::uint64_t used =
      tracked == nullptr ? 0 : Used(Current(*tracked, quota, moment), moment);
  state.left = state.limit - std::min(used, state.limit);
  return state;
}

std::size_t RateLimits::callers() const {
  const MutexLock lock(mutex_);
  return tracked_.size();
}

std::vector<cache::RateChange> RateLimits::TakeChanges(std::size_t most) {
  std::vector<cache::RateChange> changes;
  std::array<Moment, kQuotas> moments{};
  for (const Quota quota : kAllQuotas) moments[static_cast<std::size_t>(quota)] = MomentOf(quota);
  const MutexLock lock(mutex_);
  asked_.clear();
  while (!changed_.empty() && changes.size() + kQuotas <= most) {
    const std::string caller = std::move(changed_.front());
    changed_.pop_front();
    Tracked* const tracked = Find(caller);
    if (tracked == nullptr) continue;  // forgotten
    tracked->is_changed = false;
    for (const Quota quota : kAllQuotas) {
      const Moment& moment = moments[static_cast<std::size_t>(quota)];
      Counter& counter = Current(*tracked, quota, moment);
      if (counter.unsent == 0) continue;
      cache::RateChange change{
          .window = (moment.slides ? "m" : "d") + std::to_string(counter.window),
          .life = std::chrono::duration_cast<seconds>(moment.length * 2),
          .field = FieldOf(quota, caller),
          .added = counter.unsent};
      counter.shared += counter.unsent;
      counter.unsent = 0;
      asked_.emplace(change.field, std::pair(caller, quota));
      changes.push_back(std::move(change));
    }
  }
  return changes;
}

void RateLimits::Learn(std::span<const cache::RateChange> changes,
                       std::span<const std::uint64_t> sums) {
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < std::min(changes.size(), sums.size()); ++i) {
    const auto asked = asked_.find(changes[i].field);
    if (asked == asked_.end()) continue;
    const auto& [caller, quota] = asked->second;
    Tracked* const tracked = Find(caller);
    if (tracked == nullptr) continue;
    Counter& counter = tracked->counters[static_cast<std::size_t>(quota)];
    const std::string_view window = std::string_view(changes[i].window).substr(1);
    const auto sum = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(sums[i], std::numeric_limits<std::uint32_t>::max() / 2));
    // A store that has lost its data knows less than this replica.
    if (std::to_string(counter.window) == window) {
      counter.shared = std::max(counter.shared, sum);
    } else if (std::to_string(counter.window - 1) == window) {
      counter.before = std::max(counter.before, sum);
    }
  }
}

}  // namespace vcache::api
