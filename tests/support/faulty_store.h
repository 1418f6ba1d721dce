#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "vcache/cache/verdict_store.h"

namespace vcache::test {

/// A store that can be told to fail around a real one.
class FaultyStore final : public cache::VerdictStore {
 public:
  explicit FaultyStore(cache::VerdictStore& real) : real_(real) {}

  std::atomic<bool> unavailable{false};
  std::atomic<bool> corrupt{false};
  std::atomic<bool> refuse_keep{false};
  /// Called before each Keep.
  std::function<void()> before_keep = [] {};
  std::atomic<int> lookups{0};

  cache::LookupResult Lookup(const cache::CacheKey& key, Deadline deadline) override {
    ++lookups;
    if (unavailable) return Outcome(cache::LookupOutcome::kUnavailable, "switched off");
    if (corrupt) return Outcome(cache::LookupOutcome::kCorrupt, "garbage");
    return real_.Lookup(key, deadline);
  }
  std::vector<cache::LookupResult> LookupMany(std::span<const cache::CacheKey> keys,
                                              Deadline deadline) override {
    ++lookups;
    if (unavailable) {
      return {keys.size(), Outcome(cache::LookupOutcome::kUnavailable, "switched off")};
    }
    return real_.LookupMany(keys, deadline);
  }
  Result<void> Put(const cache::PutRequest& request, Deadline deadline) override {
    before_keep();
    if (unavailable || refuse_keep) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    return real_.Put(request, deadline);
  }
  Result<cache::ClearReport> Clear(const cache::KeyPattern& pattern, cache::ClearMode mode,
                                   Deadline deadline) override {
    return real_.Clear(pattern, mode, deadline);
  }
  bool available() const noexcept override { return !unavailable; }

 private:
  static cache::LookupResult Outcome(cache::LookupOutcome outcome, const char* reason) {
    cache::LookupResult result;
    result.outcome = outcome;
    result.tier = cache::Tier::kSqlite;
    result.reason = reason;
    return result;
  }

  cache::VerdictStore& real_;
};

}  // namespace vcache::test
