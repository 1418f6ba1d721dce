#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vcache::cli {

enum class Grade {
  kOk,
  kWarn,  ///< The service works, and something should be known or could not be found out.
  kFail,  ///< The service does not work, or not as it is configured to.
};
std::string_view GradeName(Grade grade) noexcept;  ///< `ok`, `warn`, `FAIL`

/// What one check came to. A plain value without secrets.
struct Finding {
  std::string check;  ///< What was looked at: `redis`, `vendor sightengine`.
  Grade grade = Grade::kOk;
  std::string message;
  std::string advice = {};  ///< What to do about it; empty when there is nothing to do.
};

bool HasFailed(std::span<const Finding> findings) noexcept;

/// One line for each finding, for people; advice on a line of its own.
std::string AsText(std::span<const Finding> findings);

/// `{"ok": ..., "checks": [{"check", "status", "message", "advice"?}]}`, for machines.
std::string AsJson(std::span<const Finding> findings);

}  // namespace vcache::cli
