#include "vcache/metrics/counter_history.h"

namespace vcache::metrics {

void CounterHistory::Add(const cache::Counters& delta, WallTime when) {
  if (delta.empty()) return;
  const auto hour = std::chrono::floor<std::chrono::hours>(when);
  const auto day = std::chrono::floor<std::chrono::days>(when);
  hours_[hour] += delta;
  days_[day] += delta;
  hours_.erase(hours_.begin(), hours_.upper_bound(hour - cache::kHoursKept));
  days_.erase(days_.begin(), days_.upper_bound(day - cache::kDaysKept));
}

cache::CounterSeries CounterHistory::Read(const cache::CounterRange& range) const {
  cache::CounterSeries series(range.count);
  const auto& periods = range.period == cache::CounterRange::Period::kHour ? hours_ : days_;
  for (const auto& [begin, counted] : periods) {
    if (const auto place = range.IndexOf(begin)) series[*place] += counted;
  }
  return series;
}

}  // namespace vcache::metrics
