#include "sandbox/call_ledger.h"

#include <algorithm>
#include <utility>

namespace vcache::sandbox {

Behaviour CallLedger::Begin(std::string_view vendor) {
  const MutexLock lock(mutex_);
  max_concurrent_ = std::max(max_concurrent_, ++concurrent_);
  ++count_[std::string(vendor)].total;
  if (!behaviour_.vendor.empty() && behaviour_.vendor != vendor) return {};
  Behaviour now = behaviour_;
  if (behaviour_.times && --*behaviour_.times <= 0) {
    behaviour_ = {.latency = behaviour_.latency,
                  .times = std::nullopt,
                  .vendor = {},
                  .frames = behaviour_.frames};
  }
  return now;
}

Behaviour CallLedger::Look(std::string_view vendor) const {
  const MutexLock lock(mutex_);
  if (!behaviour_.vendor.empty() && behaviour_.vendor != vendor) return {};
  return behaviour_;
}

int CallLedger::Frames() const {
  const MutexLock lock(mutex_);
  return behaviour_.frames;
}

bool CallLedger::IsFor(std::string_view vendor) const {
  const MutexLock lock(mutex_);
  return behaviour_.vendor == vendor;
}

void CallLedger::Charge(std::string_view vendor, bool charged, Usd cost) {
  const MutexLock lock(mutex_);
  if (!charged) return;
  CallCount& count = count_[std::string(vendor)];
  ++count.charged;
  count.cost += cost;
}

void CallLedger::End() {
  const MutexLock lock(mutex_);
  --concurrent_;
}

void CallLedger::Behave(Behaviour behaviour) {
  const MutexLock lock(mutex_);
  behaviour_ = std::move(behaviour);
}

void CallLedger::Reset() {
  const MutexLock lock(mutex_);
  behaviour_ = {};
  count_.clear();
  max_concurrent_ = concurrent_;
}

CallCount CallLedger::Total() const {
  const MutexLock lock(mutex_);
  CallCount total;
  for (const auto& [vendor, count] : count_) {
    total.total += count.total;
    total.charged += count.charged;
    total.cost += count.cost;
  }
  return total;
}

std::map<std::string, CallCount, std::less<>> CallLedger::ByVendor() const {
  const MutexLock lock(mutex_);
  return count_;
}

std::uint64_t CallLedger::MaxConcurrent() const {
  const MutexLock lock(mutex_);
  return max_concurrent_;
}

}  // namespace vcache::sandbox
