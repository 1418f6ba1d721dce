#include "vcache/cache/counters.h"

#include <array>

#include "vcache/cache/verdict_store.h"

namespace vcache::cache {

std::string_view CounterName(Counter counter) noexcept {
  static constexpr std::array<std::string_view, kCounterCount> kNames = {
      "hits",        "misses",          "coalesced",    "errors",       "corrupt",
      "paid_calls",  "unknown_charges", "spent_micros", "saved_micros", "lookups",
      "lookup_hits", "spared_micros",   "held_back"};
  return kNames[static_cast<std::size_t>(counter)];
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

Result<void> CheckPut(const PutRequest& request) {
  if (request.entry != nullptr && request.ttl.count() > 0) return {};
  return Error{ErrorCode::kInternal, "A verdict to keep needs an entry and a life."};
}

std::string_view TierName(Tier tier) noexcept {
  static constexpr std::array<std::string_view, 3> kNames = {"memory", "redis", "sqlite"};
  return kNames[static_cast<std::size_t>(tier)];
}

}  // namespace vcache::cache
