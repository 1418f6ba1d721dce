#pragma once

#include <optional>
#include <string>

#include "vcache/core/error.h"
#include "vcache/core/usd.h"

namespace vcache::analysis {

/// What one caller may spend in a UTC day.
struct CallerBudget {
  std::string name;  ///< Of the caller, in the names of windows: `key:site`.
  Usd daily{};
};

/// Whether an analysis may be paid for on behalf of one caller. It is asked just before the money
/// is spent; what is known, or paid for on behalf of others, needs none. Thread-safe.
class Allowance {
 public:
  virtual ~Allowance() = default;

  /// Counts one paid analysis, or says why there may be none (kRateLimited). Does not block.
  virtual std::optional<Error> Take() = 0;
  /// Says that without counting.
  virtual std::optional<Error> Look() = 0;
  /// What was taken cost nothing.
  virtual void GiveBack() = 0;
  /// Empty: no budget of its own.
  virtual std::optional<CallerBudget> budget() const { return std::nullopt; }
};

}  // namespace vcache::analysis
