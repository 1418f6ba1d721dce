#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "vcache/cache/cache_key.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// What is counted for each kind of content. Names are the fields of `stats:counters`.
enum class Counter {
  kHits,            ///< Analyses answered from a tier.
  kMisses,          ///< Led to a call of a vendor (or the lack of one).
  kCoalesced,       ///< Waited for somebody else's call.
  kErrors,          ///< Analyses that ended in an error.
  kCorrupt,         ///< Unreadable entries met.
  kPaidCalls,       ///< Calls that a vendor charged or may have charged.
  kUnknownCharges,  ///< Of these, the ones whose charge is unknown.
  kSpentMicros,     ///< Millionths of a dollar paid.
  kSavedMicros,     ///< Millionths of a dollar that hits and coalesced answers did not cost.
  kLookups,       ///< Look-ups by hash that a store answered. Anybody can repeat them for nothing.
  kLookupHits,    ///< Of these, the ones of a known content.
  kSparedMicros,  ///< Millionths of a dollar that analyses would have cost in their place.
};
inline constexpr std::size_t kCounterCount = 12;

std::string_view CounterName(Counter counter) noexcept;  ///< `hits`, `spent_micros`, ...

/// The field of a counter in `stats:*`: `analysis:hits`, `text:spent_micros`.
std::string CounterField(ContentKind kind, Counter counter);

/// A count for each kind and counter; a plain value. Also the amount by which totals grow.
class Counters {
 public:
  std::int64_t& at(ContentKind kind, Counter counter) noexcept {
    return values_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(counter)];
  }
  std::int64_t at(ContentKind kind, Counter counter) const noexcept {
    return values_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(counter)];
  }
  std::int64_t total(Counter counter) const noexcept {
    return at(ContentKind::kAnalysis, counter) + at(ContentKind::kText, counter);
  }
  bool empty() const noexcept { return *this == Counters{}; }

  Counters& operator+=(const Counters& other) noexcept;
  friend bool operator==(const Counters&, const Counters&) = default;

 private:
  std::array<std::array<std::int64_t, kCounterCount>, 2> values_{};
};

/// An amount to add to the totals.
struct CounterWrite {
  Counters delta;
  WallTime when{};  ///< Whose hour and day it belongs to.
  /// Unique among all replicas, `RandomId`: a write that is repeated under it, because the answer
  /// to the first was lost, counts once.
  std::string id;
};

struct CounterTotals {
  Counters all;    ///< Since `since`.
  Counters today;  ///< Of the current UTC day.
  WallTime since{};
};

/// Totals that outlive the process and are shared by all that use the same store. Thread-safe.
class CounterStore {
 public:
  virtual ~CounterStore() = default;

  /// Adds to the totals and to the day and hour, all or nothing. kStoreUnavailable.
  virtual Result<void> Add(const CounterWrite& write, Deadline deadline) = 0;
  virtual Result<CounterTotals> Read(WallTime now, Deadline deadline) = 0;
};

}  // namespace vcache::cache
