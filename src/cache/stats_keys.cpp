#include "cache/stats_keys.h"
#include "vcache/core/time_text.h"

namespace vcache::cache {

std::string TotalsKey(std::string_view prefix) {
  return std::string(prefix) + "stats:counters";
}

std::string DayKey(std::string_view prefix, WallTime when) {
  return std::string(prefix) + "stats:day:" + FormatTime(when).substr(0, 10);
}

std::string HourKey(std::string_view prefix, WallTime when) {
  return std::string(prefix) + "stats:hour:" + FormatTime(when).substr(0, 13);
}

std::string ClearsKey(std::string_view prefix) {
  return std::string(prefix) + "events:clears";
}

bool SetCounterField(Counters& counters, std::string_view field, std::int64_t value) {
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      const auto counter = static_cast<Counter>(i);
      if (CounterField(kind, counter) != field) continue;
      counters.at(kind, counter) = value;
      return true;
    }
  }
  return false;
}

}  // namespace vcache::cache
