#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vcache/cache/verdict_store.h"
#include "vcache/core/error.h"

namespace vcache::cache {

/// What the shared store says about the right to pay for a content.
enum class LeaseState {
  kOurs,         ///< This replica has the lease: pay, then `Put` with the token or `Release`.
  kTheirs,       ///< Another replica is paying now.
  kFailed,       ///< Another replica's call failed a moment ago; wait before a retry.
  kNotGranted,   ///< The store answers but takes no writes (full, read-only).
  kUnavailable,  ///< The store did not answer; nothing is known.
};

struct Claim {
  LeaseState state = LeaseState::kUnavailable;
  /// Of kNotGranted: other replicas ask this store too, which may take writes again in a moment.
  bool is_shared = false;
  /// Of kOurs: this very claim was granted, not one before it with the same token.
  bool is_new = true;
  /// The stored entry, read after the lease was requested. A replica that gets the lease and finds
  /// a verdict releases it without paying.
  LookupResult found{};
  /// The store's count of clears (`clear_count.h`), where the claim shows it; 0: there is none.
  std::optional<std::int64_t> clears{};
  /// How another replica's call failed; `retry_after` is the rest of the pause. With kOurs: the
  /// replica has other vendors than that call, and must not ask the `failed_vendors`.
  std::optional<Error> failure{};
};

struct LeaseRequest {
  CacheKey key;
  std::string token;                  ///< Unique to this claim: `RandomId()`.
  std::chrono::milliseconds life{0};  ///< Of the lease, unless it is renewed.
  /// Whom this replica would ask. The failure of another call does not keep it from the lease when
  /// one of them is not among the `failed_vendors`.
  std::vector<std::string> vendors{};
};

/// Whether the failure of another call holds back a call to these vendors: it would ask no others.
inline bool HoldsBack(const Error& failure, const std::vector<std::string>& vendors) {
  const auto& failed = failure.failed_vendors;
  return failed.empty() || std::all_of(vendors.begin(), vendors.end(), [&](const auto& vendor) {
           return std::find(failed.begin(), failed.end(), vendor) != failed.end();
         });
}

/// Gives one replica the right to pay for one content. A lease expires by itself when its owner
/// crashes. Thread-safe; calls block until `deadline` at most.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;

  /// Requests the lease and reads the entry, in one round trip and two commands.
  virtual Claim ClaimLease(const LeaseRequest& request, Deadline deadline) = 0;

  /// Gives a lease that `request.token` still owns its whole life again, and puts it back if the
  /// store lost it. False when another's lease or a failure is in its place. Error:
  /// kStoreUnavailable.
  virtual Result<bool> Renew(const LeaseRequest& request, Deadline deadline) = 0;

  /// Asks the owner of the lease to publish the end of its call. False when the lease is gone:
  /// claim again at once. Error: kStoreUnavailable.
  virtual Result<bool> RequestNotification(const CacheKey& key, Deadline deadline) = 0;

  /// Ends the lease if `token` still owns it, and notifies the replicas that asked. With `failure`,
  /// other replicas get that error instead of a lease until its `retry_after` is over. Error:
  /// kStoreUnavailable; the lease then expires by itself.
  virtual Result<void> Release(const CacheKey& key, const std::string& token,
                               const std::optional<Error>& failure, Deadline deadline) = 0;

  /// The same without a failure, for a lease that only its stored name is known of (`CallNote`).
  virtual Result<void> ReleaseNamed(const std::string& name, const std::string& token,
                                    Deadline deadline) = 0;
};

}  // namespace vcache::cache
