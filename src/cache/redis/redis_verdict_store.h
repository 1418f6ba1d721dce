#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/redis/redis_clear.h"
#include "cache/redis/redis_clear_log.h"
#include "cache/redis/redis_counters.h"
#include "cache/redis/redis_delivery.h"
#include "cache/redis/redis_entries.h"
#include "cache/redis/redis_leases.h"
#include "cache/redis/redis_recovery.h"
#include "cache/stats_keys.h"
#include "vcache/cache/redis/redis_store.h"
#include "vcache/cache/store_events.h"

namespace vcache::cache {

/// What a look-up is when Redis did not answer it.
LookupResult UnavailableInRedis(std::string reason);

/// The store of `MakeRedisStore`. Its parts: redis_store.cpp, redis_store_leases.cpp.
class RedisVerdictStore final : public RedisStore {
 public:
  RedisVerdictStore(RedisStoreOptions options, KeySpace keys, redis::RespClient& client,
                    Clock& clock, Logger& logger)
      : options_(std::move(options)),
        keys_(std::move(keys)),
        client_(client),
        clock_(clock),
        logger_(logger),
        sums_{keys_.prefix(), options_.one_slot_scripts},
        counters_(keys_, client_, clock_, sums_) {}

  LookupResult Lookup(const CacheKey& key, Deadline deadline) override;
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override;
  Result<void> Put(const PutRequest& request, Deadline deadline) override;
  Result<void> HoldBack(const CacheKey& key, const ChargedFailure& failure,
                        Deadline deadline) override;
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override;
  bool available() const noexcept override { return client_.available(); }
  std::optional<SteadyTime> away_since() const noexcept override { return client_.away_since(); }

  Result<void> Add(const CounterWrite& write, Deadline deadline) override;
  Result<CounterTotals> Read(WallTime now, Deadline deadline) override {
    return counters_.Read(now, deadline);
  }
  Result<CounterSeries> ReadRange(const CounterRange& range, Deadline deadline) override {
    return counters_.ReadRange(range, deadline);
  }

  Result<CounterTotals> ResetTotals(WallTime now, Deadline deadline) override;

  Result<void> Deliver(const PendingWrite& write, Deadline deadline) override;

  Result<std::string> Page(const EntryQuery& query, const Visit& visit,
                           Deadline deadline) override {
    return PageOfRedis(Entries(), query, visit, deadline);
  }
  Result<std::optional<KeptEntry>> Find(const CacheKey& stored, Deadline deadline) override {
    return FindInRedis(Entries(), stored, deadline);
  }
  Result<MergeReport> Merge(std::span<const EntryWrite> writes, Deadline deadline) override {
    return MergeIntoRedis(Entries(), options_.format, writes, deadline);
  }

  Claim ClaimLease(const LeaseRequest& request, Deadline deadline) override;
  Result<bool> Renew(const LeaseRequest& request, Deadline deadline) override {
    return RenewLease(client_, keys_, request, deadline);
  }
  Result<bool> RequestNotification(const CacheKey& key, Deadline deadline) override {
    return AskForNews(client_, keys_, key, deadline);
  }
  Result<void> Release(const CacheKey& key, const std::string& token,
                       const std::optional<Error>& failure, Deadline deadline) override {
    return ReleaseAs(keys_.NameOf(key), token, failure, deadline);
  }
  Result<void> ReleaseNamed(const std::string& name, const std::string& token,
                            Deadline deadline) override {
    return ReleaseAs(name, token, std::nullopt, deadline);
  }
  Result<std::int64_t> CountClears(Deadline deadline) override {
    return CountRedisClears(client_, sums_.Clears(), deadline);
  }
  Result<std::vector<ClearRecord>> ClearsSince(std::optional<std::int64_t> seen,
                                               std::int64_t clears, Deadline deadline) override {
    return ReadClearLog(client_, sums_, seen, clears, clock_.WallNow(), deadline);
  }
  Result<std::size_t> PutBack(std::span<const StoredCopy> copies, Deadline deadline) override {
    return PutBackCopies(Delivery(), options_.format, copies, deadline);
  }
  Result<void> RaiseTotals(const CounterTotals& at_least, Deadline deadline) override {
    return RaiseTotalsTo(Delivery(), at_least, deadline);
  }
  void CheckConfiguration(Deadline deadline) override;
  void AnnounceLoss(Deadline deadline) override;
  Result<ClearReport> CountMissing(std::span<const PendingEntry> entries,
                                   Deadline deadline) override {
    return CountMissingEntries(client_, entries, deadline);
  }

 private:
  Result<void> ReleaseAs(const std::string& name, const std::string& token,
                         const std::optional<Error>& failure, Deadline deadline);
  Claim TakeOver(Claim claim, const std::string& held, const LeaseRequest& request,
                 Deadline deadline);
  LookupResult Judge(const CacheKey& key, const redis::RespReply& reply) const;
  LookupResult Decode(const CacheKey& key, const std::string& value) const;
  void AskForLives(std::span<const CacheKey> keys, std::span<LookupResult> results,
                   Deadline deadline) const;
  Result<void> Written(const Result<redis::RespReply>& reply, std::string_view id = {});
  Result<void> PaidWritten(Result<redis::RespReply> reply, const std::string& id);
  DeliveryOptions Delivery() const { return {keys_, client_, clock_, sums_, options_.accept_demo}; }
  RedisEntriesContext Entries() const { return {keys_, client_, clock_, options_.accept_demo}; }
  std::string Channel() const { return EventChannel(keys_.prefix(), options_.database); }

  const RedisStoreOptions options_;
  const KeySpace keys_;
  redis::RespClient& client_;
  Clock& clock_;
  Logger& logger_;
  const SumKeys sums_;
  RedisCounters counters_;
  std::atomic<bool> takes_writes_{true};
  std::atomic<bool> counts_{true};
  std::atomic<bool> told_evicts_{false};
};

}  // namespace vcache::cache
