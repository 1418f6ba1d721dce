#pragma once

#include <map>
#include <string>
#include <string_view>

#include "vcache/core/mutex.h"
#include "vcache/core/usd.h"
#include "vcache/sandbox/sandbox.h"

namespace vcache::sandbox {

/// Counts calls and their simulated charges, and decides how to answer the next call. Thread-safe.
class CallLedger {
 public:
  explicit CallLedger(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  /// Begins a call of this vendor and returns its behaviour. Each call needs one `End`.
  Behaviour Begin(std::string_view vendor);
  /// Counts a call that was read and judged, before it is answered, as a vendor does.
  void Charge(std::string_view vendor, bool charged, Usd cost);
  void End();
  /// The behaviour for a free request of this vendor; counts nothing.
  Behaviour Look(std::string_view vendor) const;
  int Frames() const;
  /// Whether the behaviour names this vendor.
  bool IsFor(std::string_view vendor) const;

  void Behave(Behaviour behaviour);
  void Reset();

  CallCount Total() const;
  std::map<std::string, CallCount, std::less<>> ByVendor() const;
  std::uint64_t MaxConcurrent() const;

 private:
  mutable Mutex mutex_;
  Behaviour behaviour_ VCACHE_GUARDED_BY(mutex_);
  std::map<std::string, CallCount, std::less<>> count_ VCACHE_GUARDED_BY(mutex_);
  std::uint64_t concurrent_ VCACHE_GUARDED_BY(mutex_) = 0;
  std::uint64_t max_concurrent_ VCACHE_GUARDED_BY(mutex_) = 0;
};

}  // namespace vcache::sandbox
