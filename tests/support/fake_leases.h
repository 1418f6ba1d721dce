#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "vcache/cache/key_space.h"
#include "vcache/cache/lease_notifier.h"
#include "vcache/cache/lease_store.h"
#include "vcache/cache/verdict_store.h"

namespace vcache::test {

/// The shared store of several replicas, in memory: verdicts in a store of a test, leases here.
/// `Keep` ends the lease in the same step, as Redis does it.
class FakeLeaseStore final : public cache::VerdictStore, public cache::LeaseStore {
 public:
  FakeLeaseStore(cache::VerdictStore& verdicts, Clock& clock)
      : verdicts_(verdicts), clock_(clock) {}

  std::atomic<bool> unavailable{false};
  /// Since when it is away, where the test says so.
  std::atomic<SteadyTime> fell_silent{SteadyTime::max()};
  /// Claims that are carried out though nobody hears of it.
  std::atomic<int> lost_replies{0};
  /// Claims whose reply shows the token that holds the lease as another one.
  std::atomic<int> damaged_tokens{0};
  /// The count of clears that claims show; below 0: none.
  std::atomic<std::int64_t> shown_clears{-1};
  /// Answers, but gives no leases and takes no verdicts.
  std::atomic<bool> read_only{false};
  /// Says of that state that it may pass, as a store of several machines does.
  std::atomic<bool> may_write_soon{false};
  std::atomic<int> claims{0}, asked_for_news{0}, renewals{0};
  /// Called when a lease ends and somebody had asked.
  std::function<void(const cache::CacheKey&)> announce = [](const cache::CacheKey&) {};
  /// Called when a claim gets the lease, before any time can pass.
  std::function<void()> granted = [] {};
  /// Called before a renewal is carried out.
  std::function<void()> amid_renewal = [] {};
  /// Called between a claim's two halves: the lease is decided, the entry not looked at yet.
  std::function<void()> amid_claim = [] {};

  /// Called before each look-up of one entry.
  std::function<void()> before_lookup = [] {};

  cache::LookupResult Lookup(const cache::CacheKey& key, Deadline deadline) override {
    before_lookup();
    return unavailable ? Away() : verdicts_.Lookup(key, deadline);
  }
  std::vector<cache::LookupResult> LookupMany(std::span<const cache::CacheKey> keys,
                                              Deadline deadline) override {
    if (unavailable) return {keys.size(), Away()};
    return verdicts_.LookupMany(keys, deadline);
  }
  Result<void> Put(const cache::PutRequest& request, Deadline deadline) override {
    if (unavailable || read_only) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    const Result<void> kept = verdicts_.Put(request, deadline);
    {
      const std::lock_guard lock(mutex_);
      earlier_[request.entry->key.ToString()] =
          request.answers_ttl > request.ttl ? request.entry : nullptr;
    }
    End(request.entry->key, request.lease_token, std::nullopt);
    return kept;
  }
  Result<cache::ClearReport> Clear(const cache::KeyPattern& pattern, cache::ClearMode mode,
                                   Deadline deadline) override {
    if (mode == cache::ClearMode::kDelete) {
      const std::lock_guard lock(mutex_);
      std::erase_if(earlier_, [&](const auto& each) { return pattern.Matches(each.first); });
      std::erase_if(charged_, [&](const auto& each) { return pattern.Matches(each.first); });
    }
    return verdicts_.Clear(pattern, mode, deadline);
  }
  Result<void> HoldBack(const cache::CacheKey& key, const cache::ChargedFailure& failure,
                        Deadline) override {
    if (unavailable || read_only) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    const std::lock_guard lock(mutex_);
    charged_[key.ToString()] = failure;
    return {};
  }
  bool available() const noexcept override { return !unavailable; }
  std::optional<SteadyTime> away_since() const noexcept override {
    const SteadyTime since = fell_silent.load();
    return unavailable && since != SteadyTime::max() ? std::optional(since) : std::nullopt;
  }

  cache::Claim ClaimLease(const cache::LeaseRequest& request, Deadline deadline) override {
    ++claims;
    cache::Claim claim;
    claim.found = Away();
    if (unavailable) return claim;
    claim.is_new = !HeldBy(request);
    if (shown_clears >= 0) claim.clears = shown_clears;
    claim.state = Grant(request);
    claim.is_shared = may_write_soon;
    if (lost_replies > 0) {
      --lost_replies;
      claim.state = cache::LeaseState::kUnavailable;
      return claim;
    }
    if (damaged_tokens > 0) {
      --damaged_tokens;
      claim.state = cache::LeaseState::kTheirs;
    }
    if (claim.state == cache::LeaseState::kFailed) {
      claim.failure = FailureOf(request.key);
      if (!cache::HoldsBack(*claim.failure, request.vendors)) {
        Give(request.key, request.token, request.life);
        claim.state = cache::LeaseState::kOurs;
        claim.is_new = true;
      }
    }
    amid_claim();
    claim.found = verdicts_.Lookup(request.key, deadline);
    const std::lock_guard lock(mutex_);
    if (claim.found.outcome == cache::LookupOutcome::kMiss) {
      claim.found.earlier = earlier_[request.key.ToString()];
    }
    if (const auto held = charged_.find(request.key.ToString()); held != charged_.end()) {
      claim.found.charged_failure = held->second;
    }
    return claim;
  }
  Result<bool> RequestNotification(const cache::CacheKey& key, Deadline) override {
    ++asked_for_news;
    if (unavailable) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    const std::lock_guard lock(mutex_);
    Lease* lease = Living(key);
    if (lease == nullptr || lease->failure) return false;
    lease->asked = true;
    return true;
  }
  Result<bool> Renew(const cache::LeaseRequest& request, Deadline) override {
    ++renewals;
    amid_renewal();
    if (unavailable) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    const std::lock_guard lock(mutex_);
    const Lease* lease = Living(request.key);
    if (lease != nullptr && lease->token != request.token) return false;
    const bool asked = lease != nullptr && lease->asked;
    leases_[request.key.ToString()] = {request.token, clock_.Now() + request.life, asked,
                                       std::nullopt};
    return true;
  }
  Result<void> Release(const cache::CacheKey& key, const std::string& token,
                       const std::optional<Error>& failure, Deadline) override {
    if (unavailable) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    End(key, token, failure);
    return {};
  }

  Result<void> ReleaseNamed(const std::string& name, const std::string& token, Deadline) override {
    if (unavailable) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    const std::lock_guard lock(mutex_);
    const auto found = leases_.find(name);
    if (found != leases_.end() && found->second.token == token) leases_.erase(found);
    return {};
  }

  /// As if the store lost it.
  void Lose(const cache::CacheKey& key) {
    const std::lock_guard lock(mutex_);
    leases_.erase(key.ToString());
  }
  /// As if another replica held it.
  void Give(const cache::CacheKey& key, const std::string& token, std::chrono::milliseconds life) {
    const std::lock_guard lock(mutex_);
    leases_[key.ToString()] = {token, clock_.Now() + life, false, std::nullopt};
  }
  bool Held(const cache::CacheKey& key) {
    const std::lock_guard lock(mutex_);
    const Lease* lease = Living(key);
    return lease != nullptr && !lease->failure;
  }

 private:
  struct Lease {
    std::string token;
    SteadyTime until;
    bool asked = false;
    std::optional<Error> failure;
  };

  static cache::LookupResult Away() {
    cache::LookupResult result;
    result.outcome = cache::LookupOutcome::kUnavailable;
    result.tier = cache::Tier::kRedis;
    result.reason = "switched off";
    return result;
  }
  Lease* Living(const cache::CacheKey& key) {
    const auto found = leases_.find(key.ToString());
    if (found == leases_.end() || found->second.until <= clock_.Now()) return nullptr;
    return &found->second;
  }
  bool HeldBy(const cache::LeaseRequest& request) {
    const std::lock_guard lock(mutex_);
    const Lease* lease = Living(request.key);
    return lease != nullptr && lease->token == request.token;
  }
  cache::LeaseState Grant(const cache::LeaseRequest& request) {
    if (read_only) return cache::LeaseState::kNotGranted;
    const std::lock_guard lock(mutex_);
    if (const Lease* lease = Living(request.key)) {
      if (lease->token == request.token) return cache::LeaseState::kOurs;
      return lease->failure ? cache::LeaseState::kFailed : cache::LeaseState::kTheirs;
    }
    granted();
    leases_[request.key.ToString()] = {request.token, clock_.Now() + request.life, false,
                                       std::nullopt};
    return cache::LeaseState::kOurs;
  }
  std::optional<Error> FailureOf(const cache::CacheKey& key) {
    const std::lock_guard lock(mutex_);
    const Lease* lease = Living(key);
    return lease != nullptr ? lease->failure : std::nullopt;
  }
  void End(const cache::CacheKey& key, const std::string& token,
           const std::optional<Error>& failure) {
    bool asked = false;
    {
      const std::lock_guard lock(mutex_);
      Lease* lease = Living(key);
      if (token.empty() || lease == nullptr || lease->token != token) return;
      asked = lease->asked;
      if (failure && failure->retry_after) {
        *lease = {{}, clock_.Now() + *failure->retry_after, false, failure};
      } else {
        leases_.erase(key.ToString());
      }
    }
    if (asked) announce(key);
  }

  cache::VerdictStore& verdicts_;
  Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Lease> leases_;                   // guarded by mutex_
  std::map<std::string, cache::SharedEntry> earlier_;     // guarded by mutex_
  std::map<std::string, cache::ChargedFailure> charged_;  // guarded by mutex_
};

}  // namespace vcache::test
