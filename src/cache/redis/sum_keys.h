#pragma once

#include <string>
#include <string_view>

namespace vcache::cache {

/// The names of the statistics and the budget in Redis. In a cluster each of the two families has a
/// hash tag and so lies in one slot; docs/adr/2026-11-26-hash-tags-for-sums.md.
struct SumKeys {
  std::string prefix;  ///< `KEY_PREFIX`.
  bool in_cluster = false;

  std::string Stats() const { return prefix + (in_cluster ? "{stats}:" : "stats:"); }
  std::string Totals() const { return Stats() + "counters"; }
  std::string Hour(std::string_view hour) const { return Stats() + "hour:" + std::string(hour); }
  std::string Day(std::string_view day) const { return Stats() + "day:" + std::string(day); }
  std::string Budget(const std::string& window) const { return BudgetFamily() + window; }

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

}  // namespace vcache::cache
