#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vcache/cache/budget_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"
#include "vcache/core/result.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::analysis {

/// What may be spent in a day and in a month of UTC, in millionths of a US dollar; empty for no
/// limit.
struct BudgetLimits {
  std::optional<std::int64_t> daily_micros{};
  std::optional<std::int64_t> monthly_micros{};

  bool any() const noexcept { return daily_micros || monthly_micros; }
};

struct BudgetOptions {
  BudgetLimits all;                               ///< All vendors together.
  std::map<std::string, BudgetLimits> vendors{};  ///< By `Detector::provider`.
  /// How long the store may take.
  std::chrono::milliseconds store_timeout{5'000};
};

/// One limit and how it stands.
struct BudgetState {
  std::int64_t limit_micros = 0;
  std::int64_t spent_micros = 0;     ///< Settled, and what other replicas have reserved.
  std::int64_t reserved_micros = 0;  ///< For calls of this process that are under way.
  std::int64_t remaining_micros = 0;
  WallTime resets_at{};
};

struct BudgetPair {
  std::optional<BudgetState> daily{};
  std::optional<BudgetState> monthly{};
};

struct BudgetReport {
  BudgetPair all;
  std::map<std::string, BudgetPair> vendors;
};

class Budget;

/// Money set aside for one paid call. Kept as spent unless something better is said: whoever drops
/// it, by an error or an exception, never gives back what may have been charged. Move-only; one
/// thread at a time; must not outlive its `Budget`.
class [[nodiscard]] BudgetReservation {
 public:
  BudgetReservation() = default;  ///< Nothing is reserved.
  BudgetReservation(BudgetReservation&& other) noexcept;
  BudgetReservation& operator=(BudgetReservation&& other) noexcept;
  ~BudgetReservation();

  /// The call is over. `charged` says for each vendor what it took, 0 included, as
  /// `PanelOutcome::charges` does; of a vendor that is not named nothing is known, and what was
  /// reserved for it stays spent. Counts in the day and month of the reservation. Blocks for the
  /// store's time limit at most; only the first call does anything.
  void Settle(std::span<const detection::VendorPrice> charged);

  /// Certainly nothing was charged.
  void GiveBack();

 private:
  friend class Budget;
  struct Part {
    cache::BudgetWindow window;
    std::string vendor;  ///< Empty: of all.
    std::int64_t amount_micros = 0;
  };

  void Drop() noexcept;

  Budget* budget_ = nullptr;
  std::vector<detection::VendorPrice> prices_;
  std::vector<Part> parts_;
};

/// Sees to it that no more is spent than the limits allow, whoever asks, on however many replicas.
/// Reserve just before the paid call, settle after it:
///
///     auto reserved = budget.Reserve(panel.Prices(task), deadline);
///     if (!reserved) return std::move(reserved).error();  // cached answers go on
///     detection::PanelOutcome outcome = panel.Judge(task, deadline);
///     reserved->Settle(outcome.charges);  // also after an error: it says what was charged
///
/// (Under a lease: release it on that error, and tell nobody, as the others will find out.)
/// Thread-safe. Without any limit, `Reserve` costs nothing and never fails.
class Budget {
 public:
  /// All must outlive it. The logger gets one line for each window when it is spent for the first
  /// time.
  Budget(cache::BudgetStore& store, Clock& clock, Logger& logger, BudgetOptions options);

  /// Whether there is any limit.
  bool limited() const noexcept;

  /// Sets the prices aside in every window that has a limit, or in none. kBudgetExhausted, with
  /// `Charge::kNone` and the time until the window that refused opens again; without that time when
  /// the price is more than the whole limit.
  Result<BudgetReservation> Reserve(std::span<const detection::VendorPrice> prices,
                                    Deadline deadline);

  /// How each limit stands. Never fails: without its store it tells what it last knew, or nothing
  /// spent.
  BudgetReport Read(Deadline deadline);

 private:
  friend class BudgetReservation;
  /// A limit in its window of now.
  struct Limit {
    cache::BudgetWindow window;
    std::string vendor;
    bool is_month = false;
    std::int64_t limit_micros = 0;
    WallTime resets_at{};
  };

  std::vector<Limit> LimitsAt(WallTime now) const;
  Error RefusalOf(const Limit& limit, std::int64_t amount, bool is_local, WallTime now);
  void Settled(BudgetReservation& reservation, std::vector<cache::BudgetChange> changes);
  /// What a vendor charges above its price counts like the rest, but somebody should know.
  void NoteExcess(std::span<const detection::VendorPrice> reserved,
                  std::span<const detection::VendorPrice> charged);
  void Hold(const std::string& window, std::int64_t micros) VCACHE_EXCLUDES(mutex_);
  Deadline Patience(Deadline deadline) const;

  cache::BudgetStore& store_;
  Clock& clock_;
  Logger& logger_;
  const BudgetOptions options_;

  Mutex mutex_;
  std::map<std::string, std::int64_t> held_ VCACHE_GUARDED_BY(mutex_);  // reserved, by window
  std::map<std::string, WallTime> told_ VCACHE_GUARDED_BY(mutex_);      // windows known to be spent
};

}  // namespace vcache::analysis
