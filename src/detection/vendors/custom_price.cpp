#include "detection/vendors/custom_price.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "detection/wire/word_count.h"

namespace vcache::detection {
namespace {

constexpr std::int64_t kMostSeconds = 3'600;
/// A larger number in an answer is nonsense.
constexpr double kMostUnits = 1e6;

std::int64_t UnitsOf(CostUnit unit, const DetectionTask& task) {
  switch (unit) {
    case CostUnit::kCall:
      return 1;
    case CostUnit::kSecond: {
      if (task.kind != MediaKind::kVideo) return 1;
      const std::chrono::milliseconds known =
          task.video_length.value_or(std::chrono::milliseconds(0));
      const std::int64_t seconds = StartedUnits(known.count(), 1'000);
      const bool counted = task.video_length && !task.video_may_be_longer;
      return counted ? seconds : std::max(seconds, kMostSeconds);
    }
    case CostUnit::kThousandWords:
      if (task.kind != MediaKind::kText) return 1;
      return StartedUnits(CountWords(task.text), 1'000);
    case CostUnit::kThousandCharacters:
      if (task.kind != MediaKind::kText) return 1;
      return StartedUnits(task.characters, 1'000);
  }
  return 1;
}

}  // namespace

Usd CustomPrice(const CustomOptions& options, const DetectionTask& task) noexcept {
  return options.endpoint.cost * std::max<std::int64_t>(UnitsOf(options.cost_unit, task), 1);
}

Usd CustomCost(const CustomOptions& options, const DetectionTask& task,
               const Json& answer) noexcept {
  if (!options.units_pointer.empty()) {
    const auto units = AsNumber(AtPointer(answer, options.units_pointer));
    if (units && *units >= 0 && *units <= kMostUnits) {
      return Usd::FromMicros(static_cast<std::int64_t>(
          std::ceil(*units * static_cast<double>(options.endpoint.cost.micros()))));
    }
  }
  return CustomPrice(options, task);
}

}  // namespace vcache::detection
