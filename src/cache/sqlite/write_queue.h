#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "vcache/cache/local_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {

/// Writes that wait in memory for the local store, in their order. Thread-safe.
class WriteQueue {
 public:
  enum class Purpose {
    kVerdict,  ///< `LocalStore::Put`.
    kCopy,     ///< `LocalStore::PutCopies`; the shared store has it.
    kOutbox,   ///< `LocalStore::PutPending`.
  };
  struct Waiting {
    std::uint64_t number = 0;  ///< Grows with each write.
    Purpose purpose = Purpose::kVerdict;
    PutRequest request{};  ///< Without an entry, once that is cleared: counters only.
    SteadyTime expires_at{};
    WallTime made_at{};
  };

  WriteQueue(std::size_t max_bytes, Clock& clock) : max_bytes_(max_bytes), clock_(clock) {}

  /// False when it does not fit.
  bool Add(const PutRequest& request, Purpose purpose);
  bool empty() const noexcept { return count_.load() == 0; }
  /// The newest verdict for the key.
  std::optional<LookupResult> Find(const CacheKey& key);

  /// The oldest, with the rest of their lives as `ttl`.
  std::vector<Waiting> Oldest(std::size_t at_most);
  std::vector<Waiting> All() { return Oldest(SIZE_MAX); }
  /// It is written.
  void Remove(std::uint64_t number);

  /// A write of the outbox was delivered: what is left of it is a copy. False if it is not here.
  bool MarkDelivered(const std::string& id);
  /// Removes entries, and keeps counters: the money was spent.
  void DropEntries(const std::function<bool(const Waiting&)>& is_cleared);

 private:
  using Queue = std::map<std::uint64_t, Waiting>;
  Queue::iterator Erase(Queue::iterator at) VCACHE_REQUIRES(mutex_);
  void ForgetEntry(Waiting& waiting) VCACHE_REQUIRES(mutex_);

  const std::size_t max_bytes_;
  Clock& clock_;
  Mutex mutex_;
  Queue queue_ VCACHE_GUARDED_BY(mutex_);
  std::unordered_map<CacheKey, std::uint64_t> newest_ VCACHE_GUARDED_BY(mutex_);
  std::uint64_t last_ VCACHE_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ VCACHE_GUARDED_BY(mutex_) = 0;
  std::atomic<std::size_t> count_{0};
};

}  // namespace vcache::cache
