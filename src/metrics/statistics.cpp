#include "vcache/metrics/statistics.h"

#include <utility>

#include "vcache/core/random_id.h"

namespace vcache::metrics {

using cache::CacheKey;
using cache::ContentKind;
using cache::Counter;
using cache::Counters;

namespace {

/// While a store refuses for longer than it keeps hours, the oldest share one.
constexpr std::size_t kMostWaiting = std::chrono::hours(cache::kHoursKept).count();

std::int64_t HourNumber(WallTime when) {
  return std::chrono::floor<std::chrono::hours>(when).time_since_epoch().count();
}

WallTime BeginOfHour(std::int64_t number) {
  return WallTime(std::chrono::hours(number));
}

bool IsSameDay(WallTime one, WallTime other) {
  using std::chrono::days;
  return std::chrono::floor<days>(one) == std::chrono::floor<days>(other);
}

}  // namespace

Statistics::Statistics(cache::CounterStore* store, Clock& clock, Logger& logger,
                       StatisticsOptions options)
    : store_(store), clock_(clock), logger_(logger), options_(options), flushing_(clock) {
  without_store_.since = clock.WallNow();
}

Statistics::~Statistics() {
  Stop();
}

void Statistics::Start() {
  flushing_.Start(options_.flush_interval, [this] {
    Flush();
    return options_.flush_interval;
  });
}

void Statistics::Stop() {
  flushing_.Stop();
  Flush();
}

void Statistics::Flush() {
  const MutexLock lock(flush_mutex_);
  FlushLocked();
}

/// Moves what was counted to `waiting_`, each count to its hour.
void Statistics::CollectLocked() {
  const std::int64_t now = HourNumber(clock_.WallNow());
  for (const std::int64_t hour : {now - 1, now}) {
    Counters taken;
    Uncollected& counted = UncollectedOf(hour);
    for (std::size_t slot = 0; slot < Counters::kSlots; ++slot) {
      taken.slot(slot) = counted[slot].exchange(0, std::memory_order_relaxed);
    }
    if (!taken.empty()) waiting_[hour] += taken;
  }
  while (waiting_.size() > kMostWaiting) {
    const Counters oldest = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    waiting_.begin()->second += oldest;
  }
}

void Statistics::FlushLocked() {
  CollectLocked();
  if (store_ == nullptr) {
    for (const auto& [hour, delta] : waiting_) AddWithoutStore(delta, BeginOfHour(hour));
    waiting_.clear();
    return;
  }
  // The store may hold this write already: repeat it under the same id, so that it counts once.
  if (!WriteLocked(unanswered_)) return;
  unanswered_ = {};
  while (!waiting_.empty()) {
    const auto oldest = waiting_.begin();
    cache::CounterWrite write{oldest->second, BeginOfHour(oldest->first), RandomId()};
    waiting_.erase(oldest);
    if (WriteLocked(write)) continue;
    unanswered_ = std::move(write);
    return;
  }
}

bool Statistics::WriteLocked(const cache::CounterWrite& write) {
  if (write.delta.empty()) return true;
  const Result<void> added = store_->Add(write, Deadline::After(clock_, options_.store_timeout));
  if (added.has_value() == refused_) {  // log only when the state changes
    refused_ = !added;
    if (refused_) {
      logger_.Warn("Statistics wait in memory: the store does not take them",
                   {{"reason", added.error().message}});
    } else {
      logger_.Info("Statistics are stored again");
    }
  }
  return added.has_value();
}

void Statistics::AddWithoutStore(const Counters& delta, WallTime when) {
  const WallTime now = clock_.WallNow();
  if (!IsSameDay(now, WallTime(day_))) without_store_.today = Counters{};
  day_ = std::chrono::floor<std::chrono::days>(now);
  without_store_.all += delta;
  if (IsSameDay(when, now)) without_store_.today += delta;
  history_.Add(delta, when);
}

StatisticsSnapshot Statistics::Snapshot() {
  StatisticsSnapshot snapshot;
  snapshot.memory_hits = memory_hits_.load();
  const WallTime now = clock_.WallNow();
  const MutexLock lock(flush_mutex_);
  CollectLocked();
  if (store_ != nullptr) {
    Result<cache::CounterTotals> totals =
        store_->Read(now, Deadline::After(clock_, options_.store_timeout));
    if (totals) {
      snapshot.totals = *totals;
      snapshot.durable = true;
    }
  }
  if (!snapshot.durable) {
    AddWithoutStore({}, now);
    snapshot.totals = without_store_;
  }
  const auto add = [&](const Counters& delta, WallTime when) {
    snapshot.totals.all += delta;
    if (IsSameDay(when, now)) snapshot.totals.today += delta;
  };
  for (const auto& [hour, delta] : waiting_) add(delta, BeginOfHour(hour));
  add(unanswered_.delta, unanswered_.when);
  return snapshot;
}

Result<cache::CounterSeries> Statistics::Series(const cache::CounterRange& range) {
  const MutexLock lock(flush_mutex_);
  CollectLocked();
  Result<cache::CounterSeries> series =
      store_ == nullptr ? history_.Read(range)
                        : store_->ReadRange(range, Deadline::After(clock_, options_.store_timeout));
  if (!series) return series;
  const auto add = [&](const Counters& delta, WallTime when) {
    if (const auto place = range.IndexOf(when)) series->at(*place) += delta;
  };
  for (const auto& [hour, delta] : waiting_) add(delta, BeginOfHour(hour));
  add(unanswered_.delta, unanswered_.when);
  return series;
}

Result<cache::CounterTotals> Statistics::ResetTotals() {
  const WallTime now = clock_.WallNow();
  const MutexLock lock(flush_mutex_);
  FlushLocked();
  if (store_ == nullptr) {
    cache::CounterTotals ended = without_store_;
    without_store_.all = Counters{};
    without_store_.since = now;
    return ended;
  }
  if (!unanswered_.delta.empty() || !waiting_.empty()) {
    return Error{ErrorCode::kStoreUnavailable,
                 "The totals were not reset: the store does not take what was counted before."};
  }
  return store_->ResetTotals(now, Deadline::After(clock_, options_.store_timeout));
}

namespace {

Counter HitsOf(cache::Tier tier) {
  switch (tier) {
    case cache::Tier::kMemory:
      return Counter::kMemoryHits;
    case cache::Tier::kRedis:
      return Counter::kRedisHits;
    case cache::Tier::kSqlite:
      return Counter::kSqliteHits;
  }
  return Counter::kMemoryHits;
}

}  // namespace

void Statistics::OnHit(const CacheKey& key, std::string_view, cache::Tier tier, Usd saved) {
  Count(key.kind, Counter::kHits, 1);
  Count(key.kind, HitsOf(tier), 1);
  Count(key.kind, Counter::kSavedMicros, saved.micros());
  if (tier == cache::Tier::kMemory) memory_hits_.fetch_add(1, std::memory_order_relaxed);
}

void Statistics::OnMiss(const CacheKey& key, std::string_view, const cache::LookupResult& found) {
  Count(key.kind, Counter::kMisses, 1);
  if (found.outcome == cache::LookupOutcome::kUnavailable) {
    Count(key.kind, Counter::kUnavailable, 1);
  }
}

void Statistics::OnJoined(const CacheKey& key, std::string_view, Usd saved) {
  Count(key.kind, Counter::kCoalesced, 1);
  Count(key.kind, Counter::kSavedMicros, saved.micros());
}

void Statistics::OnShadow(const CacheKey& key, std::string_view, bool is_hit, Usd saved) {
  Count(key.kind, is_hit ? Counter::kShadowHits : Counter::kShadowMisses, 1);
  Count(key.kind, Counter::kShadowSaved, saved.micros());
}

void Statistics::OnLookup(const CacheKey& key, const cache::LookupResult& found, Usd spared) {
  Count(key.kind, Counter::kLookups, 1);
  if (found.outcome != cache::LookupOutcome::kHit) return;
  Count(key.kind, Counter::kLookupHits, 1);
  Count(key.kind, Counter::kSparedMicros, spared.micros());
}

void Statistics::OnCorrupt(const CacheKey& key, std::string_view) {
  Count(key.kind, Counter::kCorrupt, 1);
}

void Statistics::OnPaid(const CacheKey&, const Counters& counters, bool kept) {
  if (kept || counters.empty()) return;
  AddPending(counters);
  const bool has_cost =
      counters.total(Counter::kPaidCalls) != 0 || counters.total(Counter::kSpentMicros) != 0;
  if (has_cost) Flush();  // at once: the process may crash before the next interval
}

void Statistics::OnHeldBack(const CacheKey& key) {
  Count(key.kind, Counter::kHeldBack, 1);
}

void Statistics::OnError(const CacheKey& key, const Error&) {
  Count(key.kind, Counter::kErrors, 1);
}

void Statistics::Count(ContentKind kind, Counter counter, std::int64_t amount) noexcept {
  Uncollected& counted = UncollectedOf(HourNumber(clock_.WallNow()));
  counted[Counters::SlotOf(kind, counter)].fetch_add(amount, std::memory_order_relaxed);
}

void Statistics::AddPending(const Counters& counters) noexcept {
  Uncollected& counted = UncollectedOf(HourNumber(clock_.WallNow()));
  for (std::size_t slot = 0; slot < Counters::kSlots; ++slot) {
    if (counters.slot(slot) == 0) continue;
    counted[slot].fetch_add(counters.slot(slot), std::memory_order_relaxed);
  }
}

}  // namespace vcache::metrics
