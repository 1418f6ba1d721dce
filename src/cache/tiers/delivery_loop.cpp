#include "vcache/cache/tiers/delivery_loop.h"

#include <algorithm>
#include <utility>

namespace vcache::cache {
namespace {

constexpr std::chrono::milliseconds kPollInterval{200};
constexpr std::chrono::milliseconds kLongestDeliveryPause{5'000};
constexpr std::chrono::seconds kRecountInterval{5};

}  // namespace

void DeliveryLoop::Start(std::function<void()> recount, std::function<bool()> deliver) {
  task_.Start(kPollInterval,
              [this, recount = std::move(recount), deliver = std::move(deliver),
               pause = kPollInterval, recount_at = clock_.Now() + kRecountInterval]() mutable {
                if (clock_.Now() >= recount_at) {
                  recount();
                  recount_at = clock_.Now() + kRecountInterval;
                }
                pause = deliver() ? kPollInterval : std::min(2 * pause, kLongestDeliveryPause);
                return pause;
              });
}

}  // namespace vcache::cache
