#pragma once

#include <functional>

#include "app/wiring/stores.h"
#include "vcache/analysis/budget.h"
#include "vcache/config/settings.h"
#include "vcache/detection/detector_panel.h"
#include "vcache/metrics/alert_watch.h"

namespace vcache::app {

/// Reads what the alerts follow from. All must outlive the function, which asks no store; of the
/// disk it asks how much space is left.
std::function<metrics::WatchReadings()> ReadingsOf(const config::Settings& settings,
                                                   const Stores& stores, bool has_memory,
                                                   const detection::DetectorPanel& panel,
                                                   const analysis::Budget& budget);

}  // namespace vcache::app
