#pragma once

#include <memory>

#include "app/wiring/stores.h"
#include "vcache/api/rate_limits.h"
#include "vcache/api/rate_sharing.h"
#include "vcache/cache/rate_store.h"
#include "vcache/config/settings.h"

namespace vcache::app {

api::RateLimitOptions RateOptionsOf(const config::Settings& settings, const Stores& stores);

/// Where replicas add up what they count; null without a shared store. The stores must outlive it.
std::unique_ptr<cache::RateStore> OpenRateStore(const config::Settings& settings,
                                                const Stores& stores);

}  // namespace vcache::app
