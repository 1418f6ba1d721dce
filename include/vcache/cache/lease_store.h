#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "vcache/cache/verdict_store.h"
#include "vcache/core/error.h"

namespace vcache::cache {

/// Who may pay for a content, as the store that the replicas share says.
enum class LeaseState {
  kOurs,         ///< Granted: pay, then `Keep` with the token, or `Release`.
  kTheirs,       ///< Another replica is paying right now.
  kFailed,       ///< Another replica's call failed a moment ago, and nobody should try again yet.
  kNotGranted,   ///< The store answers, but takes no writes (full, read only).
  kUnavailable,  ///< The store did not answer; nothing is known.
};

struct Claim {
  LeaseState state = LeaseState::kUnavailable;
  /// What the store holds for the content, read after the lease was asked for: whoever was granted
  /// it and finds a verdict need not pay, and releases it.
  LookupResult found{};
  /// How that call failed, with `retry_after` the rest of the pause.
  std::optional<Error> failure{};
};

struct LeaseRequest {
  CacheKey key;
  std::string token;                  ///< Of this claim alone: `RandomId()`.
  std::chrono::milliseconds life{0};  ///< Longer than any call that is paid for under it.
};

/// The right of one replica to pay for one content, by a key that ends by itself when its owner
/// dies. Thread-safe; calls block until `deadline` at most.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;

  /// Asks for the lease and looks at the entry, in one round trip and two commands.
  virtual Claim ClaimLease(const LeaseRequest& request, Deadline deadline) = 0;

  /// Asks whoever holds the lease to publish the end of its call. False when nobody holds it any
  /// more: claim again at once. kStoreUnavailable.
  virtual Result<bool> RequestNotification(const CacheKey& key, Deadline deadline) = 0;

  /// Ends the lease if it is still ours, and tells those who asked for news. With `failure`, the
  /// other replicas get that error until its `retry_after` is over, instead of paying themselves.
  /// kStoreUnavailable: then it ends by itself.
  virtual Result<void> Release(const CacheKey& key, const std::string& token,
                               const std::optional<Error>& failure, Deadline deadline) = 0;
};

}  // namespace vcache::cache
