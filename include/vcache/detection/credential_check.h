#pragma once

#include <string>
#include <string_view>

namespace vcache::detection {

/// What a vendor said of our credentials when it was asked without a content. A closed set.
enum class CredentialState {
  kAccepted,      ///< It knows them.
  kRefused,       ///< It said in its own words that they are wrong: a fault of the configuration.
  kNotCheckable,  ///< It documents no question that costs nothing, so it was not asked.
  kUnknown,       ///< Not reached, rate limited, or an answer that proves neither.
};
std::string_view CredentialStateName(CredentialState state) noexcept;  ///< `accepted`, `refused`...

/// The outcome of one check. A plain value without secrets.
struct CredentialCheck {
  CredentialState state = CredentialState::kNotCheckable;
  /// One sentence that begins with the vendor's name. kRefused: which variables to look at;
  /// kUnknown: why; kAccepted: empty, or what will keep calls from working all the same.
  std::string reason = {};
};

}  // namespace vcache::detection
