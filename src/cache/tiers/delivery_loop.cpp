#include "vcache/cache/tiers/delivery_loop.h"

#include <algorithm>
#include <utility>

namespace vcache::cache {
namespace {

constexpr std::chrono::milliseconds kPollInterval{200};
constexpr std::chrono::milliseconds kLongestDeliveryPause{5'000};
/// After a failure, when the store has taken another write since.
constexpr std::chrono::milliseconds kPauseWhenBack{1'000};
constexpr std::chrono::seconds kRecountInterval{5};

}  // namespace

void DeliveryLoop::Start(std::function<void()> recount, std::function<bool()> deliver,
                         std::function<bool()> takes_writes) {
  task_.Start(kPollInterval, [this, recount = std::move(recount), deliver = std::move(deliver),
                              takes_writes = std::move(takes_writes), pause = kPollInterval,
                              tried_at = SteadyTime::min(),
                              recount_at = clock_.Now() + kRecountInterval]() mutable {
    if (clock_.Now() >= recount_at) {
      recount();
      recount_at = clock_.Now() + kRecountInterval;
    }
    const bool is_back = pause > kPauseWhenBack && takes_writes && takes_writes();
    const auto due = tried_at + (is_back ? kPauseWhenBack : pause);
    if (tried_at != SteadyTime::min() && clock_.Now() < due) return kPollInterval;
    const bool delivered = deliver();
    tried_at = clock_.Now();
    pause = delivered ? kPollInterval : std::min(2 * pause, kLongestDeliveryPause);
    return kPollInterval;
  });
}

}  // namespace vcache::cache
