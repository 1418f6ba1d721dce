#include "cache/stats_keys.h"
#include "vcache/core/time_text.h"

namespace vcache::cache {

std::string DayOf(WallTime when) {
  return FormatTime(when).substr(0, 10);
}

std::string HourOf(WallTime when) {
  return FormatTime(when).substr(0, 13);
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
