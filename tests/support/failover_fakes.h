#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "vcache/cache/local_store.h"
#include "vcache/cache/memory/memory_store.h"
#include "vcache/cache/outbox.h"
#include "vcache/core/clock.h"

namespace vcache::test {

/// A shared store in memory that can be away, and refuse. Not for several threads but where noted.
class FakeSharedStore final : public cache::SharedStore {
 public:
  explicit FakeSharedStore(Clock& clock) : behind({.max_ttl = std::chrono::seconds(0)}, clock) {}

  std::atomic<bool> away{false};
  std::atomic<bool> refuses_writes{false};
  /// Deliveries that succeed before the store is away again.
  int deliveries_left = 1'000;
  bool refuses_entries_for_good = false;
  std::vector<std::string> delivered_keys{};
  cache::MemoryStore behind;
  cache::Counters totals{};
  std::atomic<int> lookups{0};

  cache::LookupResult Lookup(const cache::CacheKey& key, Deadline deadline) override {
    ++lookups;
    if (!away) return behind.Lookup(key, deadline);
    cache::LookupResult result;
    result.outcome = cache::LookupOutcome::kUnavailable;
    result.tier = cache::Tier::kRedis;
    return result;
  }
  std::vector<cache::LookupResult> LookupMany(std::span<const cache::CacheKey> keys,
                                              Deadline deadline) override {
    std::vector<cache::LookupResult> results;
    for (const auto& key : keys) results.push_back(Lookup(key, deadline));
    return results;
  }
  Result<void> Put(const cache::PutRequest& request, Deadline deadline) override {
    if (away || refuses_writes) return Away();
    totals += request.counters;
    return behind.Put(request, deadline);
  }
  Result<cache::ClearReport> Clear(const cache::KeyPattern& pattern, cache::ClearMode mode,
                                   Deadline deadline) override {
    before_clear();
    if (away) return Away();
    return behind.Clear(pattern, mode, deadline);
  }
  bool available() const noexcept override { return !away; }

  Result<void> Add(const cache::CounterWrite& write, Deadline) override {
    if (away || refuses_writes) return Away();
    totals += write.delta;
    return {};
  }
  Result<cache::CounterTotals> Read(WallTime now, Deadline) override {
    if (away) return Away();
    return cache::CounterTotals{totals, totals, now};
  }
  /// All in the first hour or day.
  Result<cache::CounterSeries> ReadRange(const cache::CounterRange& range, Deadline) override {
    if (away) return Away();
    cache::CounterSeries series(range.count);
    series.front() = totals;
    return series;
  }
  /// Called before each delivery.
  std::function<void()> before_deliver = [] {};
  /// Called before each clear.
  std::function<void()> before_clear = [] {};
  std::atomic<std::int64_t> clears{0};
  std::atomic<bool> counts_clears{true};
  std::int64_t damage = 0;  ///< Of the next reply with the count.
  Result<std::int64_t> CountClears(Deadline) override {
    if (away || !counts_clears) return Away();
    return clears + std::exchange(damage, 0);
  }
  std::vector<cache::ClearRecord> missed_clears{};
  bool hides_missed_clears = false;
  Result<std::vector<cache::ClearRecord>> ClearsSince(std::optional<std::int64_t>, std::int64_t,
                                                      Deadline) override {
    if (away || hides_missed_clears) return Away();
    return missed_clears;
  }
  /// The copies that were put back. Their order is that of the calls.
  std::vector<std::string> put_back() {
    const std::lock_guard lock(put_back_mutex_);
    return put_back_;
  }
  std::atomic<int> losses_told{0};
  cache::CounterTotals raised_to{};
  Result<std::size_t> PutBack(std::span<const cache::StoredCopy> copies, Deadline) override {
    if (away || refuses_writes) return Away();
    const std::lock_guard lock(put_back_mutex_);
    for (const auto& copy : copies) put_back_.push_back(copy.store_key);
    return copies.size();
  }
  Result<void> RaiseTotals(const cache::CounterTotals& at_least, Deadline) override {
    raised_to = at_least;
    totals = at_least.all;
    return {};
  }
  void AnnounceLoss(Deadline) override { ++losses_told; }
  Result<cache::ClearReport> CountMissing(std::span<const cache::PendingEntry> entries,
                                          Deadline deadline) override {
    if (away) return Away();
    cache::ClearReport missing;
    for (const auto& entry : entries) {
      const auto name = cache::KeyPattern::Parse(entry.store_key);
      if (behind.Clear(*name, cache::ClearMode::kDryRun, deadline)->total() > 0) continue;
      ++(entry.kind == cache::ContentKind::kText ? missing.text : missing.analysis);
    }
    return missing;
  }
  Result<void> Deliver(const cache::PendingWrite& write, Deadline) override {
    before_deliver();
    if (away || refuses_writes || deliveries_left == 0) return Away();
    if (refuses_entries_for_good && !write.store_key.empty()) {
      return Error{ErrorCode::kBadRequest, "too large"};
    }
    --deliveries_left;
    if (!seen_.insert(write.id).second) return {};
    delivered_keys.push_back(write.store_key);
    totals += write.counters;
    return {};
  }

 private:
  static Error Away() { return {ErrorCode::kStoreUnavailable, "away"}; }

  std::set<std::string> seen_;
  std::mutex put_back_mutex_;
  std::vector<std::string> put_back_;  // guarded by put_back_mutex_
};

/// A local store in memory; what is pending stays in the order in which it came.
class FakeLocalStore final : public cache::LocalStore {
 public:
  explicit FakeLocalStore(Clock& clock)
      : clock_(clock), entries_({.max_ttl = std::chrono::seconds(0)}, clock) {}

  std::atomic<bool> is_off{false};
  std::atomic<bool> refuses_writes{false};
  std::atomic<int> write_attempts{0};
  cache::Counters totals{};  ///< Guarded by `mutex_` while other threads write.
  bool forgets = true;
  std::function<void()> before_lookup = [] {};
  /// Called when a pending write is gone, before the caller hears of it.
  std::function<void()> removed = [] {};

  cache::LookupResult Lookup(const cache::CacheKey& key, Deadline deadline) override {
    before_lookup();
    cache::LookupResult result = entries_.Lookup(key, deadline);
    result.tier = cache::Tier::kSqlite;
    if (is_off) result = {.outcome = cache::LookupOutcome::kUnavailable};
    return result;
  }
  std::vector<cache::LookupResult> LookupMany(std::span<const cache::CacheKey> keys,
                                              Deadline deadline) override {
    std::vector<cache::LookupResult> results;
    for (const auto& key : keys) results.push_back(Lookup(key, deadline));
    return results;
  }
  Result<void> Put(const cache::PutRequest& request, Deadline deadline) override {
    ++write_attempts;
    if (refuses_writes) return Off();
    Count(request.counters);
    return entries_.Put(request, deadline);
  }
  Result<void> PutMany(std::span<const cache::PutRequest> requests, Deadline deadline) override {
    for (const auto& request : requests) {
      if (const auto kept = Put(request, deadline); !kept) return kept;
    }
    return {};
  }
  void PutCopy(const cache::PutRequest& copy) override {
    const auto ignored = Put(copy, Deadline::Never());
    (void)ignored;
  }
  Result<cache::ClearReport> Clear(const cache::KeyPattern& pattern, cache::ClearMode mode,
                                   Deadline deadline) override {
    return entries_.Clear(pattern, mode, deadline);
  }
  bool available() const noexcept override { return !is_off; }
  Result<void> Add(const cache::CounterWrite& write, Deadline) override {
    if (refuses_writes) return Off();
    Count(write.delta);
    return {};
  }
  Result<cache::CounterTotals> Read(WallTime now, Deadline) override {
    const std::lock_guard lock(mutex_);
    return cache::CounterTotals{totals, totals, now};
  }
  Result<cache::CounterSeries> ReadRange(const cache::CounterRange& range, Deadline) override {
    const std::lock_guard lock(mutex_);
    cache::CounterSeries series(range.count);
    series.front() = totals;
    return series;
  }

  Result<std::string> Page(const cache::EntryQuery&, const Visit&, Deadline) override {
    return Off();
  }
  Result<std::optional<cache::KeptEntry>> Find(const cache::CacheKey&, Deadline) override {
    return Off();
  }
  Result<cache::MergeReport> Merge(std::span<const cache::EntryWrite>, Deadline) override {
    return Off();
  }
  Result<void> PutPending(const cache::PutRequest& request, Deadline deadline) override {
    ++write_attempts;
    if (is_off || refuses_writes) return Off();
    const Result<void> kept = entries_.Put(request, deadline);
    const WallTime made_at = request.made_at.value_or(clock_.WallNow());
    Queue(request.entry->key.ToString(), request.counters, made_at);
    return kept;
  }
  Result<void> AddPending(const cache::CounterWrite& write, Deadline) override {
    if (is_off || refuses_writes) return Off();
    Queue({}, write.delta, write.when);
    return {};
  }
  Result<std::vector<cache::PendingWrite>> OldestPending(std::size_t at_most, Deadline) override {
    if (is_off) return Off();
    const std::lock_guard lock(mutex_);
    std::vector<cache::PendingWrite> oldest = pending_;
    if (oldest.size() > at_most) oldest.resize(at_most);
    return oldest;
  }
  std::atomic<std::int64_t> synced_to{-1};
  /// The count of clears that this store has not seen yet: it drops its copies.
  std::int64_t drops_at = -1;
  std::atomic<std::int64_t> noted_clear{-1};
  Result<void> NoteClear(std::int64_t clears, Deadline) override {
    noted_clear = clears;
    return {};
  }
  std::atomic<std::uint64_t> trimmed_to{0};
  Result<void> TrimCopies(std::uint64_t max_bytes, Deadline) override {
    trimmed_to = max_bytes;
    return {};
  }
  std::vector<cache::StoredCopy>
      copies{};  ///< The newest first. `AddCopy` while threads read them.
  void AddCopy(cache::StoredCopy copy) {
    const std::lock_guard lock(mutex_);
    copies.insert(copies.begin(), std::move(copy));
  }
  Result<std::vector<cache::StoredCopy>> ReadCopies(std::int64_t before, std::size_t at_most,
                                                    Deadline) override {
    if (is_off) return Off();
    const std::lock_guard lock(mutex_);
    std::vector<cache::StoredCopy> page;
    for (const auto& copy : copies) {
      if (copy.number < before && page.size() < at_most) page.push_back(copy);
    }
    return page;
  }
  Result<std::uint64_t> DropCleared(std::span<const cache::ClearRecord> clears, Deadline) override {
    if (is_off) return Off();
    std::uint64_t dropped = 0;
    const std::lock_guard lock(mutex_);
    for (auto& write : pending_) {
      for (const auto& clear : clears) {
        if (!clear.Covers(write.store_key, write.made_at)) continue;
        write.store_key.clear();
        ++dropped;
      }
    }
    return dropped;
  }
  Result<std::optional<std::int64_t>> ClearsSeen(Deadline) override {
    if (is_off) return Off();
    return synced_to < 0 ? std::optional<std::int64_t>() : synced_to.load();
  }
  Result<std::int64_t> DropStaleCopies(std::int64_t clears, Deadline) override {
    if (is_off) return Off();
    const std::int64_t before = synced_to < 0 ? clears : synced_to.load();
    if (clears == drops_at) {
      const auto ignored =
          entries_.Clear(cache::KeyPattern::All(), cache::ClearMode::kDelete, Deadline::Never());
      (void)ignored;
    }
    synced_to = clears;
    return before;
  }
  Result<void> RemovePending(const cache::PendingWrite& write, Deadline) override {
    if (is_off || !forgets) return Off();
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(pending_, [&](const auto& other) { return other.id == write.id; });
    }
    removed();
    return {};
  }
  Result<std::uint64_t> CountPending(Deadline) override {
    if (is_off) return Off();
    const std::lock_guard lock(mutex_);
    return std::uint64_t{pending_.size()};
  }
  Result<std::vector<cache::PendingEntry>> PendingEntries(const cache::KeyPattern& pattern,
                                                          Deadline) override {
    if (is_off) return Off();
    std::vector<cache::PendingEntry> entries;
    std::set<std::string> seen;
    const std::lock_guard lock(mutex_);
    for (const auto& write : pending_) {
      const auto kind = cache::KeySpace().FamilyOf(write.store_key);
      if (!kind || !pattern.Matches(write.store_key)) continue;
      if (seen.insert(write.store_key).second) entries.push_back({*kind, write.store_key});
    }
    return entries;
  }
  Result<cache::CounterTotals> SumPending(WallTime now, Deadline) override {
    cache::CounterTotals sum;
    const std::lock_guard lock(mutex_);
    for (const auto& write : pending_) {
      sum.all += write.counters;
      const bool today = std::chrono::floor<std::chrono::days>(write.made_at) ==
                         std::chrono::floor<std::chrono::days>(now);
      if (today) sum.today += write.counters;
    }
    return sum;
  }
  Result<cache::CounterSeries> SumPendingRange(const cache::CounterRange& range,
                                               Deadline) override {
    cache::CounterSeries series(range.count);
    const std::lock_guard lock(mutex_);
    for (const auto& write : pending_) {
      if (const auto place = range.IndexOf(write.made_at)) series[*place] += write.counters;
    }
    return series;
  }

 private:
  static Error Off() { return {ErrorCode::kStoreUnavailable, "off"}; }
  void Count(const cache::Counters& counters) {
    const std::lock_guard lock(mutex_);
    totals += counters;
  }
  void Queue(std::string key, const cache::Counters& counters, WallTime when) {
    const std::lock_guard lock(mutex_);
    cache::PendingWrite write;
    write.number = ++last_number_;
    write.id = "id-" + std::to_string(last_number_);
    write.store_key = std::move(key);
    write.counters = counters;
    write.made_at = when;
    pending_.push_back(std::move(write));
  }

  Clock& clock_;
  cache::MemoryStore entries_;
  std::mutex mutex_;
  std::vector<cache::PendingWrite> pending_;  // guarded by mutex_
  std::int64_t last_number_ = 0;              // guarded by mutex_
};

}  // namespace vcache::test
