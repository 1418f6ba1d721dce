#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vcache/cache/counters.h"

namespace vcache::cache {

// The names of statistics and budget in every store; docs/cache-format.md specifies them.

/// The keys behind a prefix. In a Redis Cluster each of the two families has a hash tag and so lies
/// in one slot; docs/adr/2026-11-26-hash-tags-for-sums.md.
struct SumKeys {
  std::string prefix;  ///< `KEY_PREFIX`.
  bool in_cluster = false;

  std::string Stats() const { return prefix + (in_cluster ? "{stats}:" : "stats:"); }
  /// Its field `since_ms` says when counting began.
  std::string Totals() const { return Stats() + "counters"; }
  std::string Hour(std::string_view hour) const { return Stats() + "hour:" + std::string(hour); }
  std::string Day(std::string_view day) const { return Stats() + "day:" + std::string(day); }
  std::string Budget(const std::string& window) const { return BudgetFamily() + window; }
  std::string Rates(const std::string& window) const {
    return prefix + (in_cluster ? "{rates}:" : "rates:") + window;
  }
  /// The number of clears so far.
  std::string Clears() const { return prefix + "events:clears"; }
  /// The last of them, in the slot of their number.
  std::string ClearLog() const { return prefix + "cleared:{" + Clears() + "}"; }
  /// The same for a local store, whose users hear of a clear by this number only.
  std::string LocalClears() const { return prefix + "local:clears"; }

  /// Remember that a write or a change with this id was carried out.
  std::string Delivered(const std::string& id) const {
    return (in_cluster ? Stats() : prefix) + "delivered:" + id;
  }
  std::string Adjusted(const std::string& id) const {
    return (in_cluster ? BudgetFamily() : prefix) + "adjusted:" + id;
  }

 private:
  std::string BudgetFamily() const { return prefix + (in_cluster ? "{budget}:" : "budget:"); }
};

inline constexpr std::string_view kSinceField = "since_ms";
/// The hour of the last reset of the totals: they take nothing that was counted before that hour.
inline constexpr std::string_view kSinceHourField = "since_hour";
/// The UTC day and hour of a time: `2026-11-21`, `2026-11-21T10`.
std::string DayOf(WallTime when);
std::string HourOf(WallTime when);

/// The hash of each hour or day of a range, in its order.
std::vector<std::string> KeysOf(const CounterRange& range, const SumKeys& keys);
/// kInternal for a range that is too long.
Result<void> CheckRange(const CounterRange& range);

/// Adds to the count that `CounterField` names; nothing for an unknown name, which is that of a
/// newer version.
void AddCounterField(Counters& counters, std::string_view field, std::int64_t value);

}  // namespace vcache::cache
