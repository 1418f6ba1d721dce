#include "cache/stats_keys.h"
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
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      const auto counter = static_cast<Counter>(i);
      if (CounterField(kind, counter) == field) counters.at(kind, counter) += value;
    }
  }
}

}  // namespace vcache::cache
