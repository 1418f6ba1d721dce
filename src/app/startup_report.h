#pragma once

#include <string_view>

#include "app/wiring/stores.h"
#include "vcache/config/settings.h"
#include "vcache/core/log.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::app {

/// Says at start what is configured, what is missing and what that means.
/// `redis` is where the shared store is, without credentials; empty when there is none.
void ReportStart(const config::Settings& settings, const detection::DetectorPanel& panel,
                 LocalStoreState store, std::string_view redis, Logger& logger);

}  // namespace vcache::app
