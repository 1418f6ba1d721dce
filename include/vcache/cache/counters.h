#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "vcache/cache/cache_key.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// What is counted for each kind of content. `CounterName` gives the names in `stats:counters`.
enum class Counter {
  kHits,            ///< Analyses answered from a tier.
  kMisses,          ///< Led to a vendor call, or lacked a vendor.
  kCoalesced,       ///< Waited for a flight that another caller led.
  kErrors,          ///< Analyses that ended in an error.
  kCorrupt,         ///< Unreadable entries.
  kPaidCalls,       ///< Calls that a vendor charged or may have charged.
  kUnknownCharges,  ///< Of these, calls with an unknown charge.
  kSpentMicros,     ///< Millionths of a dollar paid.
  kSavedMicros,     ///< Millionths of a dollar that hits and coalesced answers saved.
  kLookups,         ///< Look-ups by hash that a store answered; a client may repeat them freely.
  kLookupHits,      ///< Of these, look-ups of a known content.
  kSparedMicros,    ///< Millionths of a dollar that analyses would have cost instead.
  kHeldBack,        ///< Calls not made, because earlier ones were charged and gave no verdict.
};
inline constexpr std::size_t kCounterCount = 13;

std::string_view CounterName(Counter counter) noexcept;  ///< `hits`, `spent_micros`, ...

/// The field of a counter in `stats:*`: `analysis:hits`, `text:spent_micros`.
std::string CounterField(ContentKind kind, Counter counter);

/// A count for each kind and counter; also a change of the totals.
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

/// Calls `visit(field, value)` for each count that is not 0.
template <typename Visit>
void ForEachCount(const Counters& counters, const Visit& visit) {
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      const auto counter = static_cast<Counter>(i);
      const std::int64_t value = counters.at(kind, counter);
      if (value != 0) visit(CounterField(kind, counter), value);
    }
  }
}

struct CounterWrite {
  Counters delta;
  WallTime when{};  ///< Its hour and day get the counts.
  /// Unique among all replicas (`RandomId`). A write that is repeated under its id counts once.
  std::string id;
};

struct CounterTotals {
  Counters all;    ///< Since `since`.
  Counters today;  ///< Of the current UTC day.
  WallTime since{};
};

/// Durable totals, shared by all users of one store. Thread-safe.
class CounterStore {
 public:
  virtual ~CounterStore() = default;

  /// Adds to the totals, the day and the hour, all or nothing. Error: kStoreUnavailable.
  virtual Result<void> Add(const CounterWrite& write, Deadline deadline) = 0;
  virtual Result<CounterTotals> Read(WallTime now, Deadline deadline) = 0;
};

}  // namespace vcache::cache
