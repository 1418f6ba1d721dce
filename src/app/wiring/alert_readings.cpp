#include "app/wiring/alert_readings.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace vcache::app {
namespace {

std::vector<std::string> VendorsAway(const detection::DetectorPanel& panel) {
  std::vector<std::string> away;
  for (const detection::MediaKind kind : detection::kMediaKinds) {
    for (const auto& [vendor, health] : panel.Health(kind)) {
      if (health.state == detection::BreakerState::kClosed) continue;
      if (std::find(away.begin(), away.end(), vendor) == away.end()) away.push_back(vendor);
    }
  }
  return away;
}

std::optional<metrics::DiskSpace> SpaceAt(const std::filesystem::path& directory) {
  std::error_code failed;
  const std::filesystem::space_info space = std::filesystem::space(directory, failed);
  if (failed) return std::nullopt;
  return metrics::DiskSpace{space.available, space.capacity};
}

}  // namespace

std::function<metrics::WatchReadings()> ReadingsOf(const config::Settings& settings,
                                                   const Stores& stores, bool has_memory,
                                                   const detection::DetectorPanel& panel,
                                                   const analysis::Budget& budget) {
  return [&settings, &stores, has_memory, &panel, &budget] {
    metrics::WatchReadings readings;
    readings.store = stores.Describe().Read(has_memory);
    readings.vendors_away = VendorsAway(panel);
    readings.budget = budget.Known();
    if (stores.local_state == LocalStoreState::kTurnedOff) return readings;
    // Alone, it is the store of the readings.
    if (stores.failover != nullptr || stores.local == nullptr) {
      readings.local_store_serves = stores.local != nullptr && stores.local->available();
    }
    readings.disk = SpaceAt(settings.cache.directory);
    return readings;
  };
}

}  // namespace vcache::app
