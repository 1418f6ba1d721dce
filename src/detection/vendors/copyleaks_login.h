#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/mutex.h"
#include "vcache/core/result.h"
#include "vcache/detection/credential_check.h"
#include "vcache/detection/vendors/vendors.h"
#include "vcache/net/http_client.h"

namespace vcache::detection {

/// The time from `.issued` to `.expires` in a login's answer. Both are the vendor's clock, so the
/// local clock may differ. Empty when one is no ISO 8601 date in UTC.
std::optional<std::chrono::seconds> LifeBetween(std::string_view issued, std::string_view expires);

/// Caches the token of Copyleaks' API until shortly before it ends. One login at a time (single
/// flight): concurrent callers share its result, because the vendor allows twelve logins in a
/// quarter of an hour. Logins are free: all errors have `Charge::kNone`. Thread-safe; all
/// references must outlive it.
class CopyleaksLogin {
 public:
  struct Token {
    std::string text;
    bool fresh = false;  ///< From a login just now, not cached.
  };

  CopyleaksLogin(const VendorOptions& options, net::HttpClient& http, Clock& clock)
      : options_(options), http_(http), clock_(clock) {}

  /// Errors: kVendorRefused (wrong email or key, in the vendor's words), kVendorInvalidAnswer
  /// (another 4xx, or no token), kVendorUnavailable, kVendorTimeout. A 4xx is cached for a minute.
  Result<Token> Get(Deadline deadline);
  /// Checks by logging in; later calls use the token. A cached token or refusal answers too.
  CredentialCheck Check(Deadline deadline);
  /// The vendor rejected this token: the next call logs in anew.
  void Forget(const std::string& token);

 private:
  struct Granted {
    std::string token;
    std::chrono::seconds life;
  };

  Result<Granted> LogIn(Deadline deadline) const VCACHE_EXCLUDES(mutex_);
  /// Takes the outcome of a login in.
  void Learn(const Result<Granted>& granted) VCACHE_REQUIRES(mutex_);

  const VendorOptions& options_;
  net::HttpClient& http_;
  Clock& clock_;
  Mutex mutex_;
  ConditionVariable ended_;
  bool logging_in_ VCACHE_GUARDED_BY(mutex_) = false;
  std::uint64_t logins_ VCACHE_GUARDED_BY(mutex_) = 0;  // that have ended
  std::string token_ VCACHE_GUARDED_BY(mutex_);         // empty: none
  SteadyTime token_until_ VCACHE_GUARDED_BY(mutex_);
  std::optional<Error> failure_ VCACHE_GUARDED_BY(mutex_);  // of the last login
  SteadyTime failure_until_ VCACHE_GUARDED_BY(mutex_);      // before that no further login
};

}  // namespace vcache::detection
