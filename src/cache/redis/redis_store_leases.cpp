// The leases of a `RedisVerdictStore`, and what it tells all replicas.
#include <utility>

#include "cache/lease_failure.h"
#include "cache/redis/redis_refusal.h"
#include "cache/redis/redis_verdict_store.h"
#include "vcache/cache/redis/eviction_policy.h"
#include "vcache/core/parse_number.h"

namespace vcache::cache {

using redis::RespReply;

Claim RedisVerdictStore::ClaimLease(const LeaseRequest& request, Deadline deadline) {
  Claim claim;
  claim.found = UnavailableInRedis("the lease could not be asked for");
  // A cluster reads keys of one slot only.
  const std::string also = options_.one_slot_scripts ? std::string() : sums_.Clears();
  const auto replies = RunClaim(client_, keys_, also, request, deadline);
  if (!replies) return claim;
  const RespReply& granted = replies->at(0);
  const RespReply& read = replies->at(1);
  if (!read.is_array() || read.elements.size() != (also.empty() ? 3U : 4U)) return claim;
  claim.found = Judge(request.key, read.elements[0]);
  claim.found.charged_failure = DecodeChargedFailure(read.elements[2].text);
  const std::string& held = read.elements[1].text;
  if (!also.empty()) {
    claim.clears = ParseNumber<std::int64_t>(read.elements[3].text).value_or(0);
  }
  if (granted.is_error()) {
    const Result<void> logged = Written(granted);
    (void)logged;
    claim.state = LeaseState::kNotGranted;
    claim.is_shared = true;
  }
  if (granted.is_error() && held.empty()) return claim;
  // What it shows counts also while it takes no writes: another replica may be paying.
  if (IsHeldBy(held, request.token)) {
    claim.state = LeaseState::kOurs;
    claim.is_new = granted.is_status("OK");
  } else if ((claim.failure = FailureOf(held, clock_.WallNow()))) {
    claim.state = LeaseState::kFailed;
    if (!HoldsBack(*claim.failure, request.vendors))
      return TakeOver(claim, held, request, deadline);
  } else {
    claim.state = LeaseState::kTheirs;
  }
  return claim;
}

/// The failed call asked other vendors than this replica would: takes the lease in its place.
Claim RedisVerdictStore::TakeOver(Claim claim, const std::string& held, const LeaseRequest& request,
                                  Deadline deadline) {
  const auto taken = RunTakeOver(client_, keys_, request, held, deadline);
  if (!taken || taken->is_error()) {
    claim.state = taken ? LeaseState::kNotGranted : LeaseState::kUnavailable;
    return claim;
  }
  Claim again = ClaimLease(request, deadline);  // reads the entry after the lease is ours
  if (again.state != LeaseState::kOurs) return again;
  again.is_new = true;
  again.failure = std::move(claim.failure);
  return again;
}

Result<void> RedisVerdictStore::ReleaseAs(const std::string& name, const std::string& token,
                                          const std::optional<Error>& failure, Deadline deadline) {
  const StoreEvent released{StoreEvent::Kind::kReleased, name};
  const bool told = failure && failure->retry_after;
  const std::chrono::milliseconds pause = told ? *failure->retry_after : std::chrono::seconds(0);
  const std::vector<std::string> keys = {LeaseKey(keys_, name)};
  const std::vector<std::string> arguments = {
      token, told ? EncodeFailure(*failure, clock_.WallNow()) : std::string(),
      std::to_string(pause.count()), Channel(), EncodeEvent(released)};
  return Written(ReleaseScript().Run(client_, keys, arguments, deadline));
}

void RedisVerdictStore::CheckConfiguration(Deadline deadline) {
  const auto policy = EvictionPolicy(client_, deadline);
  if (!policy || told_evicts_.exchange(true)) return;
  logger_.Warn(
      "Redis removes keys when it is full: counts, budget sums and leases may go with them, and "
      "content is paid for again. Set maxmemory-policy to noeviction",
      {{"policy", *policy}});
}

void RedisVerdictStore::AnnounceLoss(Deadline deadline) {
  const auto told = client_.Run(
      {{"PUBLISH", Channel(), EncodeEvent({StoreEvent::Kind::kDataLost, {}})}, {}}, deadline);
  (void)told;
}

}  // namespace vcache::cache
