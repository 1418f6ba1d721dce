#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "vcache/metrics/alert_watch.h"

namespace vcache::metrics {

enum class Level {
  kGood,
  kBetween,  ///< Neither raises an alert nor ends one.
  kBad,
};

/// What one round says of one alert.
struct Condition {
  AlertCode code{};
  std::string subject;
  Level level = Level::kGood;
  std::string message;  ///< Empty unless it is bad.
};

/// How an alert is raised and ended.
struct AlertRule {
  AlertCode code{};
  std::string_view name;
  AlertSeverity severity{};
  std::chrono::seconds raise_after{0};  ///< Bad for so long without a break.
  std::chrono::seconds end_after{0};    ///< Good for so long without a break.
};
const AlertRule& RuleOf(AlertCode code) noexcept;

/// What a round knows besides the readings.
struct RoundCounts {
  std::int64_t hits = 0;          ///< In `kRateWindow`.
  std::int64_t misses = 0;        ///< Likewise.
  std::int64_t cache_errors = 0;  ///< In `kErrorWindow`.
  std::int64_t unknown = 0;       ///< In `kMoneyWindow`.
  bool writes_stay = false;       ///< Pending writes have not fallen for a minute.
  bool clocks_agree = true;
  WallTime now{};
  std::map<std::string, std::string> refused_credentials{};  ///< Reasons by vendor.
};

inline constexpr std::chrono::minutes kRateWindow{60};
inline constexpr std::chrono::minutes kErrorWindow{5};
inline constexpr std::chrono::minutes kMoneyWindow{60};

/// All conditions of this moment; what is not named is good. Pure.
std::vector<Condition> ConditionsOf(const WatchReadings& readings, const RoundCounts& counts);

}  // namespace vcache::metrics
