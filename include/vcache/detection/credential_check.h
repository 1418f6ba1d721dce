#pragma once

#include <string>

namespace vcache::detection {

/// A vendor's answer about the configured credentials, without an analysis.
enum class CredentialState {
  kAccepted,      ///< The vendor knows them.
  kRefused,       ///< The vendor says that they are wrong: a configuration error.
  kNotCheckable,  ///< Not asked: the vendor documents no free check.
  kUnknown,       ///< Unreachable, rate limited, or an inconclusive answer.
};

/// The outcome of one check, without secrets.
struct CredentialCheck {
  CredentialState state = CredentialState::kNotCheckable;
  /// One sentence that begins with the vendor's name. kRefused: the variables to check. kUnknown:
  /// the cause. kAccepted: empty, or what will still make calls fail.
  std::string reason = {};
};

}  // namespace vcache::detection
