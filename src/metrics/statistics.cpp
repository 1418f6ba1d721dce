#include "vcache/metrics/statistics.h"

#include <utility>

#include "vcache/core/random_id.h"

namespace vcache::metrics {

using cache::CacheKey;
using cache::ContentKind;
using cache::Counter;
using cache::Counters;

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

void Statistics::FlushLocked() {
  if (store_ == nullptr) {
    AddWithoutStore(TakePending());
    return;
  }
  // The store may hold this write already: repeat it under the same id, so that it counts once.
  if (!WriteLocked(unanswered_)) return;
  unanswered_ = {};
  cache::CounterWrite write{TakePending(), clock_.WallNow(), RandomId()};
  if (!WriteLocked(write)) unanswered_ = std::move(write);
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

void Statistics::AddWithoutStore(const Counters& delta) {
  const auto day = std::chrono::floor<std::chrono::days>(clock_.WallNow());
  if (day != day_) without_store_.today = Counters{};
  day_ = day;
  without_store_.all += delta;
  without_store_.today += delta;
  history_.Add(delta, clock_.WallNow());
}

StatisticsSnapshot Statistics::Snapshot() {
  StatisticsSnapshot snapshot;
  snapshot.memory_hits = memory_hits_.load();
  const MutexLock lock(flush_mutex_);
  const Counters pending = PeekPending();
  if (store_ != nullptr) {
    Result<cache::CounterTotals> totals =
        store_->Read(clock_.WallNow(), Deadline::After(clock_, options_.store_timeout));
    if (totals) {
      snapshot.totals = *totals;
      snapshot.durable = true;
    }
  }
  if (!snapshot.durable) {
    AddWithoutStore({});
    snapshot.totals = without_store_;
  }
  for (const Counters& waiting : {pending, unanswered_.delta}) {
    snapshot.totals.all += waiting;
    snapshot.totals.today += waiting;
  }
  return snapshot;
}

Result<cache::CounterSeries> Statistics::Series(const cache::CounterRange& range) {
  const MutexLock lock(flush_mutex_);
  if (store_ == nullptr) FlushLocked();
  const Counters pending = PeekPending();
  Result<cache::CounterSeries> series =
      store_ == nullptr ? history_.Read(range)
                        : store_->ReadRange(range, Deadline::After(clock_, options_.store_timeout));
  if (!series) return series;
  if (const auto now = range.IndexOf(clock_.WallNow())) series->at(*now) += pending;
  if (const auto then = range.IndexOf(unanswered_.when)) series->at(*then) += unanswered_.delta;
  return series;
}

void Statistics::OnHit(const CacheKey& key, std::string_view, cache::Tier tier, Usd saved) {
  Count(key.kind, Counter::kHits, 1);
  Count(key.kind, Counter::kSavedMicros, saved.micros());
  if (tier == cache::Tier::kMemory) memory_hits_.fetch_add(1, std::memory_order_relaxed);
}

void Statistics::OnMiss(const CacheKey& key, std::string_view, const cache::LookupResult&) {
  Count(key.kind, Counter::kMisses, 1);
}

void Statistics::OnJoined(const CacheKey& key, std::string_view, Usd saved) {
  Count(key.kind, Counter::kCoalesced, 1);
  Count(key.kind, Counter::kSavedMicros, saved.micros());
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
  Flush();  // at once: the process may crash before the next interval
}

void Statistics::OnHeldBack(const CacheKey& key) {
  Count(key.kind, Counter::kHeldBack, 1);
}

void Statistics::OnError(const CacheKey& key, const Error&) {
  Count(key.kind, Counter::kErrors, 1);
}

void Statistics::Count(ContentKind kind, Counter counter, std::int64_t amount) noexcept {
  pending_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(counter)].fetch_add(
      amount, std::memory_order_relaxed);
}

Counters Statistics::TakePending() noexcept {
  Counters taken;
  for (std::size_t kind = 0; kind < pending_.size(); ++kind) {
    for (std::size_t i = 0; i < cache::kCounterCount; ++i) {
      taken.at(static_cast<ContentKind>(kind), static_cast<Counter>(i)) =
          pending_[kind][i].exchange(0, std::memory_order_relaxed);
    }
  }
  return taken;
}

Counters Statistics::PeekPending() const noexcept {
  Counters seen;
  for (std::size_t kind = 0; kind < pending_.size(); ++kind) {
    for (std::size_t i = 0; i < cache::kCounterCount; ++i) {
      seen.at(static_cast<ContentKind>(kind), static_cast<Counter>(i)) =
          pending_[kind][i].load(std::memory_order_relaxed);
    }
  }
  return seen;
}

void Statistics::AddPending(const Counters& counters) noexcept {
  for (std::size_t kind = 0; kind < pending_.size(); ++kind) {
    for (std::size_t i = 0; i < cache::kCounterCount; ++i) {
      pending_[kind][i].fetch_add(
          counters.at(static_cast<ContentKind>(kind), static_cast<Counter>(i)),
          std::memory_order_relaxed);
    }
  }
}

}  // namespace vcache::metrics
