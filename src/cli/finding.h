#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vcache::cli {

enum class Grade {
  kOk,
  kWarn,  ///< The service works; a problem or an unknown remains.
  kFail,  ///< The service does not work, or not as configured.
};
std::string_view GradeName(Grade grade) noexcept;  ///< `ok`, `warn`, `FAIL`

/// The outcome of one check, without secrets.
struct Finding {
  std::string check;  ///< The part: `redis`, `vendor sightengine`.
  Grade grade = Grade::kOk;
  std::string message;
  std::string advice = {};  ///< The remedy; empty when none is needed.
};

bool HasFailed(std::span<const Finding> findings) noexcept;

/// For people: one line for each finding, and another for its advice.
std::string AsText(std::span<const Finding> findings);

/// For programs: `{"ok": ..., "checks": [{"check", "status", "message", "advice"?}]}`.
std::string AsJson(std::span<const Finding> findings);

}  // namespace vcache::cli
