#include "app/wiring/rates.h"

#include "vcache/cache/redis/redis_rates.h"

namespace vcache::app {

api::RateLimitOptions RateOptionsOf(const config::Settings& settings, const Stores& stores) {
  api::RateLimitOptions options;
  const config::RateSettings& rates = settings.rates;
  options.limits = {rates.lookups, rates.analyses, rates.paid_minute, rates.paid_day, rates.tries};
  options.max_callers = rates.callers;
  options.shared = stores.link.client != nullptr;
  return options;
}

std::unique_ptr<cache::RateStore> OpenRateStore(const config::Settings& settings,
                                                const Stores& stores) {
  if (stores.link.client == nullptr) return nullptr;
  return cache::MakeRedisRateStore(stores.link.one_slot_scripts, KeySpaceOf(settings),
                                   *stores.link.client);
}

}  // namespace vcache::app
