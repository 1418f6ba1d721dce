#include "vcache/cache/counters.h"

#include <array>

#include "vcache/cache/verdict_store.h"

namespace vcache::cache {

namespace {

constexpr std::array<std::string_view, kCounterCount> kCounterNames = {
    "hits",        "misses",          "coalesced",    "errors",        "corrupt",
    "paid_calls",  "unknown_charges", "spent_micros", "saved_micros",  "lookups",
    "lookup_hits", "spared_micros",   "held_back",    "memory_hits",   "redis_hits",
    "sqlite_hits", "unavailable",     "shadow_hits",  "shadow_misses", "shadow_saved_micros"};
constexpr std::array<std::string_view, kVendorCounterCount> kVendorCounterNames = {
    "paid_calls", "unknown_charges", "failures", "spent_micros"};

std::array<std::string, Counters::kSlots> MakeFields() {
  std::array<std::string, Counters::kSlots> fields;
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    const std::string kind_name(KindName(kind));
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      fields[Counters::SlotOf(kind, static_cast<Counter>(i))] =
          kind_name + ":" + std::string(kCounterNames[i]);
    }
    for (const VendorInfo& vendor : kVendors) {
      const std::string family = "vendor:" + std::string(vendor.name) + ":" + kind_name + ":";
      for (std::size_t i = 0; i < kVendorCounterCount; ++i) {
        fields[Counters::SlotOf(kind, vendor.id, static_cast<VendorCounter>(i))] =
            family + std::string(kVendorCounterNames[i]);
      }
    }
  }
  return fields;
}

}  // namespace

const std::string& CounterField(std::size_t slot) {
  static const auto kFields = MakeFields();
  return kFields[slot];
}

Counters& Counters::operator+=(const Counters& other) noexcept {
  for (std::size_t slot = 0; slot < kSlots; ++slot) slots_[slot] += other.slots_[slot];
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
