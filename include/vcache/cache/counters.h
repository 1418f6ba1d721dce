#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/cache/cache_key.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"
#include "vcache/core/vendor_table.h"

namespace vcache::cache {

/// What is counted for each kind of content.
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
  kMemoryHits,      ///< Of the hits, those of the memory tier.
  kRedisHits,       ///< Of the shared store.
  kSqliteHits,      ///< Of the local store.
  kUnavailable,     ///< Of the misses, those before which no store could be asked.
  kShadowHits,      ///< In the shadow: analyses that would have been hits.
  kShadowMisses,    ///< Likewise, misses.
  kShadowSaved,     ///< Millionths of a dollar that those hits would have saved.
};
inline constexpr std::size_t kCounterCount = 20;

/// What is counted for each vendor besides. A call with its retries counts once.
enum class VendorCounter {
  kPaidCalls,       ///< That it charged or may have charged.
  kUnknownCharges,  ///< Of these, calls with an unknown charge.
  kFailures,        ///< Calls without an answer, charged or not; not those that were not made.
  kSpentMicros,     ///< Millionths of a dollar paid.
};
inline constexpr std::size_t kVendorCounterCount = 4;

/// A count for each kind and counter, and for each kind, vendor and its counters; also a change of
/// the totals. The calls of a process that died count for no vendor: nobody knows whose they were.
class Counters {
 public:
  /// All counts have a number each, which `CounterField` names.
  static constexpr std::size_t kSlots = 2 * (kCounterCount + kVendors.size() * kVendorCounterCount);

  std::int64_t& at(ContentKind kind, Counter counter) noexcept {
    return slots_[SlotOf(kind, counter)];
  }
  std::int64_t at(ContentKind kind, Counter counter) const noexcept {
    return slots_[SlotOf(kind, counter)];
  }
  std::int64_t& at(ContentKind kind, VendorId vendor, VendorCounter counter) noexcept {
    return slots_[SlotOf(kind, vendor, counter)];
  }
  std::int64_t at(ContentKind kind, VendorId vendor, VendorCounter counter) const noexcept {
    return slots_[SlotOf(kind, vendor, counter)];
  }
  std::int64_t total(Counter counter) const noexcept {
    return at(ContentKind::kAnalysis, counter) + at(ContentKind::kText, counter);
  }
  std::int64_t total(VendorId vendor, VendorCounter counter) const noexcept {
    return at(ContentKind::kAnalysis, vendor, counter) + at(ContentKind::kText, vendor, counter);
  }
  std::int64_t& slot(std::size_t number) noexcept { return slots_[number]; }
  std::int64_t slot(std::size_t number) const noexcept { return slots_[number]; }
  bool empty() const noexcept { return *this == Counters{}; }

  static constexpr std::size_t SlotOf(ContentKind kind, Counter counter) noexcept {
    return static_cast<std::size_t>(kind) * (kSlots / 2) + static_cast<std::size_t>(counter);
  }
  static constexpr std::size_t SlotOf(ContentKind kind, VendorId vendor,
                                      VendorCounter counter) noexcept {
    return static_cast<std::size_t>(kind) * (kSlots / 2) + kCounterCount +
           static_cast<std::size_t>(vendor) * kVendorCounterCount +
           static_cast<std::size_t>(counter);
  }

  Counters& operator+=(const Counters& other) noexcept;
  friend bool operator==(const Counters&, const Counters&) = default;

 private:
  std::array<std::int64_t, kSlots> slots_{};
};

/// The field of a count in `stats:*`: `analysis:hits`, `vendor:sapling:text:spent_micros`.
const std::string& CounterField(std::size_t slot);

/// Calls `visit(field, value)` for each count that is not 0.
template <typename Visit>
void ForEachCount(const Counters& counters, const Visit& visit) {
  for (std::size_t slot = 0; slot < Counters::kSlots; ++slot) {
    if (counters.slot(slot) != 0) visit(CounterField(slot), counters.slot(slot));
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

/// How long the counts of single UTC days and hours are kept.
inline constexpr std::chrono::days kDaysKept{400};
inline constexpr std::chrono::days kHoursKept{8};

/// Consecutive UTC hours or days, whose counts are asked for.
struct CounterRange {
  enum class Period { kHour, kDay };
  /// As many days as are kept; the kept hours are fewer.
  static constexpr std::size_t kMost = kDaysKept.count();

  Period period = Period::kDay;
  WallTime first{};       ///< When the first of them begins.
  std::size_t count = 0;  ///< At most `kMost`.

  std::chrono::hours length() const { return std::chrono::hours(period == Period::kHour ? 1 : 24); }
  WallTime BeginOf(std::size_t index) const {
    return first + length() * static_cast<std::int64_t>(index);
  }
  /// Which of them a moment is in; empty outside the range.
  std::optional<std::size_t> IndexOf(WallTime when) const {
    if (when < first) return std::nullopt;
    const auto index = static_cast<std::size_t>((when - first) / length());
    return index < count ? std::optional(index) : std::nullopt;
  }
};

/// One element for each hour or day of a range, in its order.
using CounterSeries = std::vector<Counters>;

/// Durable totals, shared by all users of one store. Thread-safe.
class CounterStore {
 public:
  virtual ~CounterStore() = default;

  /// Adds to the totals, the day and the hour, all or nothing. Error: kStoreUnavailable.
  virtual Result<void> Add(const CounterWrite& write, Deadline deadline) = 0;
  virtual Result<CounterTotals> Read(WallTime now, Deadline deadline) = 0;

  /// The counts of each hour or day; of one that is kept no longer, nothing. All at one moment: no
  /// count is missing or there twice. Errors: kStoreUnavailable; kInternal for a longer range than
  /// `CounterRange::kMost`.
  virtual Result<CounterSeries> ReadRange(const CounterRange& range, Deadline deadline) = 0;

  /// Begins the totals anew, in one step, and returns what they were; hours and days stay. A count
  /// of an hour before `now`'s that is written later changes its hour and day only. Errors:
  /// kStoreUnavailable, and then nothing has changed as far as is known.
  virtual Result<CounterTotals> ResetTotals(WallTime /*now*/, Deadline) {
    return Error{ErrorCode::kStoreUnavailable, "This store cannot reset its totals."};
  }
};

}  // namespace vcache::cache
