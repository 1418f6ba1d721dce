#include "vcache/cache/counters.h"

#include "vcache/cache/verdict_store.h"

namespace vcache::cache {

std::string_view CounterName(Counter counter) noexcept {
  switch (counter) {
    case Counter::kHits:
      return "hits";
    case Counter::kMisses:
      return "misses";
    case Counter::kCoalesced:
      return "coalesced";
    case Counter::kErrors:
      return "errors";
    case Counter::kCorrupt:
      return "corrupt";
    case Counter::kPaidCalls:
      return "paid_calls";
    case Counter::kUnknownCharges:
      return "unknown_charges";
    case Counter::kSpentMicros:
      return "spent_micros";
    case Counter::kSavedMicros:
      return "saved_micros";
    case Counter::kLookups:
      return "lookups";
    case Counter::kLookupHits:
      return "lookup_hits";
    case Counter::kSparedMicros:
      return "spared_micros";
  }
  return "unknown";
}

std::string CounterField(ContentKind kind, Counter counter) {
  return std::string(KindName(kind)) + ":" + std::string(CounterName(counter));
}

Counters& Counters::operator+=(const Counters& other) noexcept {
  for (std::size_t kind = 0; kind < values_.size(); ++kind) {
    for (std::size_t counter = 0; counter < kCounterCount; ++counter) {
      values_[kind][counter] += other.values_[kind][counter];
    }
  }
  return *this;
}

std::string_view TierName(Tier tier) noexcept {
  switch (tier) {
    case Tier::kMemory:
      return "memory";
    case Tier::kRedis:
      return "redis";
    case Tier::kSqlite:
      return "sqlite";
  }
  return "unknown";
}

}  // namespace vcache::cache
