#pragma once

#include <string_view>

#include "app/wiring/stores.h"
#include "vcache/config/settings.h"
#include "vcache/core/log.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::app {

/// Logs at start what is configured, what is missing and what that means. `redis` is the shared
/// store's address without credentials; empty without one.
void ReportStart(const config::Settings& settings, const detection::DetectorPanel& panel,
                 LocalStoreState store, std::string_view redis, Logger& logger);

}  // namespace vcache::app
