#pragma once

#include <string>

#include "vcache/core/caller_limits.h"
#include "vcache/core/secret.h"

namespace vcache {

/// What the holder of a key, a token or a role may do.
enum class AccessScope {
  kUser,       ///< Analyse and look up.
  kAdminRead,  ///< Read what administrators read, and look up. Spends and removes nothing.
  kAdmin,      ///< Everything.
  kMetrics,    ///< Read the figures for monitoring, nothing else.
};

/// A key or token that one caller has, under the name by which logs call that caller.
struct NamedKey {
  std::string name;
  Secret value;
  AccessScope scope = AccessScope::kUser;
  CallerLimits limits{};
};

}  // namespace vcache
