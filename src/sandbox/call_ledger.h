#pragma once

#include <map>
#include <string>
#include <string_view>

#include "vcache/core/mutex.h"
#include "vcache/sandbox/sandbox.h"

namespace vcache::sandbox {

/// What was called and what it would have cost, and how the next call is answered. Thread-safe.
class CallLedger {
 public:
  explicit CallLedger(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  /// A call of this vendor begins: how to answer it. Each begin needs its `End`.
  Behaviour Begin(std::string_view vendor);
  /// A call was read and judged; counted before it is answered, as a vendor does.
  void Charge(std::string_view vendor, bool charged, std::int64_t cost_micros);
  void End();
  /// How to answer a question of this vendor that is no call: nothing is counted.
  Behaviour Look(std::string_view vendor) const;
  /// How many frames of a video are analysed and charged.
  int Frames() const;
  /// Whether the behaviour is set for this vendor by its name.
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
