#pragma once

#include <string>

#include "vcache/core/access.h"

namespace vcache::api {

enum class CallerKind {
  kAnonymous,
  kAdminToken,  ///< Has one of the admin tokens.
  kApiKey,      ///< Has one of the API keys: a program, a site.
  kUser,        ///< Has a signed token (JWT).
};

/// What a route asks of its caller.
enum class Need {
  kLookUp,     ///< Answers what is known; costs nothing.
  kAnalysis,   ///< May cost money.
  kAdminRead,  ///< Tells what administrators may know.
  kAdmin,      ///< Changes something for everybody.
  kMetrics,    ///< Reads the figures for monitoring.
};

/// Who sends a request, as its credentials prove.
struct Caller {
  CallerKind kind = CallerKind::kAnonymous;
  /// Of the token or key its name in the settings; of a user the id in the token, if it has one.
  std::string name{};
  AccessScope scope = AccessScope::kUser;
  CallerLimits limits{};
  /// The claim `role` of a user's token.
  std::string role{};
  /// Whether `SPENDING_ROLES` names this caller.
  bool may_bypass_cache = false;

  /// Whether a known caller may do that; nobody anonymous may anything.
  bool May(Need need) const noexcept;
  /// For logs and for counting by caller: `admin:ops`, `key:site`, `user:42`; empty for nobody.
  std::string LogName() const;
};

/// Whether the caller may have paid for again what is known (`Cache-Control: no-cache`), or paid
/// for without being kept (`no-store`).
bool MayBypassCache(const Caller& caller) noexcept;

}  // namespace vcache::api
