#include "vcache/api/auth/caller.h"

namespace vcache::api {

bool Caller::May(Need need) const noexcept {
  if (kind == CallerKind::kAnonymous) return false;
  switch (scope) {
    case AccessScope::kUser:
      return need == Need::kLookUp || need == Need::kAnalysis;
    case AccessScope::kAdminRead:
      return need == Need::kLookUp || need == Need::kAdminRead || need == Need::kMetrics;
    case AccessScope::kMetrics:
      return need == Need::kMetrics;
    case AccessScope::kAdmin:
      return true;
  }
  return false;
}

bool MayBypassCache(const Caller& caller) noexcept {
  return caller.may_bypass_cache;
}

std::string Caller::LogName() const {
  switch (kind) {
    case CallerKind::kAnonymous:
      break;
    case CallerKind::kAdminToken:
      return "admin:" + name;
    case CallerKind::kApiKey:
      return "key:" + name;
    case CallerKind::kUser:
      return "user:" + name;
  }
  return {};
}

}  // namespace vcache::api
