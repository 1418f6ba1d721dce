#pragma once

#include <atomic>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "vcache/cache/cache_key.h"
#include "vcache/core/mutex.h"

namespace vcache::analysis {

/// Lets one flight of a content at a time try to pay for it: those of callers that want a new
/// verdict, and that of all others. A lease does the same between processes; this one also holds
/// where there is none. Thread-safe; it must outlive its turns.
class KeyTurns {
 public:
  /// Others wait as long as it lives.
  class [[nodiscard]] Turn {
   public:
    Turn(KeyTurns& of, const cache::CacheKey& key, bool has_waited)
        : of_(&of), key_(key), has_waited_(has_waited) {}
    ~Turn() {
      if (of_ != nullptr) of_->End(key_);
    }
    Turn(Turn&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)),
          key_(other.key_),
          has_waited_(other.has_waited_) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(key_, other.key_);
      has_waited_ = other.has_waited_;
      return *this;
    }
    bool has_waited() const noexcept { return has_waited_; }

   private:
    KeyTurns* of_;
    cache::CacheKey key_;
    bool has_waited_;
  };

  /// Changes with each turn that ends, of whatever key.
  std::uint64_t ended() const noexcept { return count_.load(); }

  /// Blocks while another has the turn: a flight has a thread and an end of its own.
  Turn Await(const cache::CacheKey& key) {
    MutexLock lock(mutex_);
    bool has_waited = false;
    while (!taken_.insert(key).second) {
      has_waited = true;
      changed_.Wait(lock);
    }
    return Turn(*this, key, has_waited);
  }

 private:
  void End(const cache::CacheKey& key) {
    const MutexLock lock(mutex_);
    count_.fetch_add(1);
    taken_.erase(key);
    changed_.NotifyAll();
  }

  std::atomic<std::uint64_t> count_{0};
  Mutex mutex_;
  ConditionVariable changed_;
  std::unordered_set<cache::CacheKey> taken_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::analysis
