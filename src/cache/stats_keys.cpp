#include "cache/stats_keys.h"

#include <unordered_map>

#include "vcache/core/time_text.h"

namespace vcache::cache {

std::string DayOf(WallTime when) {
  return FormatTime(when).substr(0, 10);
}

std::string HourOf(WallTime when) {
  return FormatTime(when).substr(0, 13);
}

std::vector<std::string> KeysOf(const CounterRange& range, const SumKeys& keys) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < range.count; ++i) {
    const WallTime begin = range.BeginOf(i);
    names.push_back(range.period == CounterRange::Period::kHour ? keys.Hour(HourOf(begin))
                                                                : keys.Day(DayOf(begin)));
  }
  return names;
}

Result<void> CheckRange(const CounterRange& range) {
  if (range.count <= CounterRange::kMost) return {};
  return Error{ErrorCode::kInternal, "Counts of too many hours or days are asked for at once."};
}

void AddCounterField(Counters& counters, std::string_view field, std::int64_t value) {
  static const auto kSlots = [] {
    std::unordered_map<std::string_view, std::size_t> slots;
    for (std::size_t slot = 0; slot < Counters::kSlots; ++slot) slots[CounterField(slot)] = slot;
    return slots;
  }();
  const auto known = kSlots.find(field);
  if (known != kSlots.end()) counters.slot(known->second) += value;
}

}  // namespace vcache::cache
