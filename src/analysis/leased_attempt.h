#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/flight_runner.h"
#include "vcache/cache/counters.h"

namespace vcache::analysis {

/// What the vendors are asked. Both must outlive the task.
detection::DetectionTask TaskOf(const Content& content, const std::string& digest);

/// The error for a content whose calls to these vendors were charged and gave no verdict.
Error HeldBack(std::vector<std::string> vendors);

/// A paid analysis that was taken from an allowance; given back unless it is used. Move-only.
class TakenAllowance {
 public:
  TakenAllowance() = default;  ///< Nothing was taken, and nothing limits it.
  explicit TakenAllowance(std::shared_ptr<Allowance> of) : of_(std::move(of)) {}
  TakenAllowance(TakenAllowance&& other) noexcept : of_(std::move(other.of_)) {}
  TakenAllowance& operator=(TakenAllowance&& other) noexcept {
    std::swap(of_, other.of_);
    return *this;
  }
  ~TakenAllowance() {
    if (of_ != nullptr) of_->GiveBack();
  }

  /// The call cost something, or may have.
  void Use() noexcept { of_.reset(); }
  std::optional<CallerBudget> budget() const {
    return of_ != nullptr ? of_->budget() : std::nullopt;
  }

 private:
  std::shared_ptr<Allowance> of_;
};

/// The state of one flight from `Claim` on.
struct FlightRunner::LeasedAttempt {
  const Content& content;
  Deadline wait_deadline;  ///< The longest to wait for other replicas' calls.
  const std::string digest = content.key.digest.ToHex();
  detection::DetectionTask task = TaskOf(content, digest);
  detection::LocalInspection look{};  ///< What the file declares; read once, before admission.
  bool is_free = false;               ///< The declaration decides: no vendor is called.
  std::string token{};                ///< Of all claims; empty before the first.
  bool is_unanswered = false;         ///< The token may hold a lease although nobody was told.
  SteadyTime first_claim{};           ///< With this token.
  /// When the paid call must have begun. It counts from before the claim that was granted: a
  /// process that stalls between claim and call would otherwise pay while the lease's next owner
  /// pays too.
  Deadline pay_before = Deadline::Never();
  std::chrono::milliseconds patience_left;  ///< Then the silent store counts as away.
  bool has_awaited_store = false;
  /// Until then another replica holds the lease, as far as the store's last word goes.
  std::optional<Deadline> foreign_lease_end{};
  std::unique_ptr<cache::LeaseNotifier::Listener> listener{};
  /// Before the lease is asked for again without a notification.
  std::chrono::milliseconds pause{200};
  cache::SharedEntry earlier{};  ///< A partial verdict that the call completes, or null.
  /// Of a call that failed on another replica, with vendors that this call does not ask.
  std::optional<Error> foreign_failure{};
  Verdict verdict{};  ///< Paid for, not stored yet.
  cache::Counters paid{};
  std::string noted_as{};  ///< The call's id in the journal; empty when it is not there.
  std::optional<Occupancy::Place> call{};  ///< Among the calls at the vendors.
  TakenAllowance allowance{};              ///< Of the caller on whose behalf it is paid for.
  BudgetReservation money{};               ///< Counts as spent unless it is settled.
  Result<Analysis> result = Error{ErrorCode::kInternal, "The analysis failed."};

  /// These vendors are not asked.
  void Hold(const std::vector<std::string>& vendors) {
    task.held_vendors.insert(task.held_vendors.end(), vendors.begin(), vendors.end());
  }
};

}  // namespace vcache::analysis
