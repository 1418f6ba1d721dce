#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"

namespace vcache::metrics {

/// What somebody is told of without asking. A closed set: docs/operations.md says of each what it
/// means and what to do.
enum class AlertCode {
  kHitRateLow,          ///< Under 50 % of at least 100 analyses of the last hour.
  kCacheErrors,         ///< More than 10 entries in five minutes could not be read or stored.
  kStoreAway,           ///< The store behind the memory tier does not serve.
  kWritesWaiting,       ///< Pending writes have not fallen for a minute.
  kVendorAway,          ///< A vendor's circuit breaker is not closed.
  kCredentialsRefused,  ///< A vendor refused its credentials at the start.
  kBudgetNearlySpent,   ///< 80 % of a budget.
  kBudgetSpent,         ///< 100 %, or it has refused a call.
  kUnknownCharges,      ///< In the last hour, of calls that gave no verdict.
  kVendorOvercharged,   ///< A vendor charged more in the last hour than a call may cost at most.
  kLocalStoreOff,       ///< The configured local store does not serve.
  kDiskFilling,         ///< Little space is left where the local store is.
  kClockJumped,         ///< The wall clock jumped against the steady one in the last hour.
};
inline constexpr std::size_t kAlertCount = 13;

std::string_view AlertName(AlertCode code) noexcept;  ///< `store_away`

enum class AlertSeverity {
  kWarning,   ///< Degraded but serving.
  kCritical,  ///< A person must act: money or data.
};
std::string_view SeverityName(AlertSeverity severity) noexcept;  ///< `warning`, `critical`

struct Alert {
  AlertCode code{};
  std::string subject;  ///< The vendor or the budget that it is about; empty: the service.
  AlertSeverity severity{};
  std::string message;  ///< For people: what is wrong, with figures, and what to do.
  WallTime since{};     ///< When it was raised.
};

struct AlertChange {
  Alert alert;  ///< When it is over: as it was last.
  bool is_raised = false;
  WallTime when{};
};

/// Is told of changes, for instance to send them somewhere.
class AlertListener {
 public:
  virtual ~AlertListener() = default;
  /// Called without a lock, by one thread at a time; must not block.
  virtual void OnAlert(const AlertChange& change) = 0;
};

}  // namespace vcache::metrics
