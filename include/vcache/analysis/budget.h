#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vcache/analysis/allowance.h"
#include "vcache/cache/budget_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"
#include "vcache/core/result.h"
#include "vcache/core/usd.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::analysis {

/// Spending limits for a UTC day and month. Empty: no limit.
struct BudgetLimits {
  std::optional<Usd> daily{};
  std::optional<Usd> monthly{};

  bool any() const noexcept { return daily || monthly; }
};

struct BudgetOptions {
  BudgetLimits all;                               ///< All vendors together.
  std::map<std::string, BudgetLimits> vendors{};  ///< By `Detector::provider`.
  /// How long the store may take.
  std::chrono::milliseconds store_timeout{5'000};
};

struct BudgetState {
  Usd limit{};
  Usd spent{};     ///< Settled calls, and reservations of other replicas.
  Usd reserved{};  ///< For calls in flight in this process.
  Usd remaining{};
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

/// A limit in its current window, as this process last saw it.
struct KnownSpending {
  std::string vendor;  ///< Empty: all vendors together.
  bool is_month = false;
  Usd limit{};
  Usd sum{};                ///< Spent and reserved.
  bool is_refused = false;  ///< The last call that asked for money did not fit.
};

/// A call for which a vendor charged more than its highest price.
struct Overcharge {
  std::string vendor;
  Usd set_aside{};
  Usd charged{};
  WallTime when{};
};

/// What the process knows of the money without asking a store.
struct BudgetKnowledge {
  std::vector<KnownSpending> limits;
  std::vector<Overcharge> overcharges;  ///< The last one of each vendor.
};

class Budget;

/// Money reserved for one paid call. Dropped without `Settle` it counts as spent: the vendor may
/// have charged it. Move-only; one thread at a time; must not outlive its `Budget`.
class [[nodiscard]] BudgetReservation {
 public:
  BudgetReservation() = default;  ///< Nothing is reserved.
  BudgetReservation(BudgetReservation&& other) noexcept;
  BudgetReservation& operator=(BudgetReservation&& other) noexcept;
  ~BudgetReservation();

  /// The call is over. `charged` holds what each vendor charged, 0 included, as
  /// `PanelOutcome::charges` does. A vendor that is missing there keeps its reserved amount as
  /// spent. Counts in the day and month of the reservation. Blocks for the store's time limit at
  /// most; only the first call has an effect.
  void Settle(std::span<const detection::VendorPrice> charged);

 private:
  friend class Budget;
  struct Part {
    cache::BudgetWindow window;
    std::string vendor;  ///< Empty: all vendors together.
    Usd amount{};
  };

  void Drop() noexcept;

  Budget* budget_ = nullptr;
  std::vector<detection::VendorPrice> prices_;
  std::vector<Part> parts_;
};

/// Keeps spending within the limits, across all replicas. Reserve just before the paid call, settle
/// after it:
///
///     auto reserved = budget.Reserve(panel.Prices(task), deadline);
///     if (!reserved) return std::move(reserved).error();  // hits are still served
///     detection::PanelOutcome outcome = panel.Judge(task, deadline);
///     reserved->Settle(outcome.charges);  // also after an error: it holds the charges
///
/// Under a lease, release the lease on that error without a failure: other replicas get the same
/// refusal themselves. Thread-safe. Without any limit, `Reserve` costs nothing and never fails.
class Budget {
 public:
  /// All must outlive it. Logs one line when a window is first found spent.
  Budget(cache::BudgetStore& store, Clock& clock, Logger& logger, BudgetOptions options);

  bool limited() const noexcept;

  /// Reserves the prices in every window that has a limit, or in none. Error: kBudgetExhausted,
  /// with `Charge::kNone` and the time until the window that refused resets. That time is missing
  /// when the price is above the whole limit.
  /// kRateLimited when only the `caller` has spent what it may.
  Result<BudgetReservation> Reserve(std::span<const detection::VendorPrice> prices,
                                    Deadline deadline, std::optional<CallerBudget> caller = {});

  /// How each limit stands. Never fails: when the store cannot be read, every sum counts as 0.
  BudgetReport Read(Deadline deadline);
  /// How each limit stood when this process last reserved, settled or read. Costs no command of a
  /// store; other replicas' calls since then are missing.
  BudgetKnowledge Known() const VCACHE_EXCLUDES(mutex_);

 private:
  friend class BudgetReservation;
  /// A limit in its current window.
  struct Limit {
    cache::BudgetWindow window;
    std::string vendor;
    bool is_month = false;
    Usd limit{};
    WallTime resets_at{};
    bool is_of_caller = false;
  };

  std::vector<Limit> LimitsAt(WallTime now) const;
  Error CallerRefusal(const Limit& limit, Usd amount, bool is_local, WallTime now) const;
  Error RefusalOf(const Limit& limit, Usd amount, bool is_local, WallTime now);
  void Settled(BudgetReservation& reservation, std::vector<cache::BudgetChange> changes);
  /// Logs an error for each vendor that charged more than its price. The excess counts as spent.
  void NoteExcess(std::span<const detection::VendorPrice> reserved,
                  std::span<const detection::VendorPrice> charged) VCACHE_EXCLUDES(mutex_);
  void Hold(const std::string& window, Usd amount) VCACHE_EXCLUDES(mutex_);
  void Learn(std::span<const cache::BudgetClaim> claims, const cache::BudgetAnswer& answer)
      VCACHE_EXCLUDES(mutex_);
  Deadline Patience(Deadline deadline) const;

  cache::BudgetStore& store_;
  Clock& clock_;
  Logger& logger_;
  const BudgetOptions options_;

  struct LastSeen {
    Usd sum{};
    bool is_refused = false;
  };

  mutable Mutex mutex_;
  std::map<std::string, Usd> held_ VCACHE_GUARDED_BY(mutex_);       // reserved, by window
  std::map<std::string, WallTime> told_ VCACHE_GUARDED_BY(mutex_);  // windows known to be spent
  std::map<std::string, LastSeen> seen_ VCACHE_GUARDED_BY(mutex_);  // by window, of the limits
  std::map<std::string, Overcharge> overcharges_ VCACHE_GUARDED_BY(mutex_);  // by vendor
};

}  // namespace vcache::analysis
