#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "vcache/cache/rate_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"

namespace vcache::api {

/// What is counted by caller.
enum class Quota {
  kLookUps,     ///< In a minute.
  kAnalyses,    ///< In a minute, whether known or paid for.
  kPaidMinute,  ///< Analyses that a vendor was paid for.
  kPaidDay,     ///< The same in a UTC day.
  kTries,       ///< Wrong credentials in a minute, by address.
};
inline constexpr std::size_t kQuotas = 5;

struct RateLimitOptions {
  /// By quota; 0: no limit, and nothing is counted.
  std::array<std::uint64_t, kQuotas> limits{};
  /// Callers whose counts are kept; beyond that, those that have been quiet for longest are
  /// forgotten.
  std::size_t max_callers = 65'536;
  /// Whether other replicas are told: then changes are kept until `TakeChanges`.
  bool shared = false;

  std::uint64_t operator[](Quota quota) const noexcept {
    return limits[static_cast<std::size_t>(quota)];
  }
};

/// How a caller stands.
struct QuotaState {
  std::uint64_t limit = 0;
  std::uint64_t left = 0;
  std::chrono::seconds window{0};
  std::chrono::seconds resets_in{0};
};

/// Counts what callers do. A minute slides: what was done in the minute before counts by the part
/// of it that lies within the last sixty seconds. Days are UTC days. Each call takes constant time,
/// and nobody waits. Thread-safe; the clock must outlive it.
class RateLimits {
 public:
  RateLimits(RateLimitOptions options, Clock& clock);

  /// The limit that holds for a caller with one of its own.
  std::uint64_t LimitOf(Quota quota, std::optional<std::uint64_t> own) const noexcept;

  /// Counts one more. If that would be over the limit, nothing is counted, and the time until there
  /// is room is returned.
  std::optional<std::chrono::seconds> Take(Quota quota, const std::string& caller,
                                           std::optional<std::uint64_t> own = {});
  /// The same without counting.
  std::optional<std::chrono::seconds> Look(Quota quota, const std::string& caller,
                                           std::optional<std::uint64_t> own = {});
  /// Counts one, over the limit too; how many that makes in the window.
  std::uint64_t Count(Quota quota, const std::string& caller);
  /// What was taken is not used.
  void GiveBack(Quota quota, const std::string& caller);
  QuotaState State(Quota quota, const std::string& caller, std::optional<std::uint64_t> own = {});

  std::size_t callers() const;

  /// What was counted since the last call, `most` at most, for other replicas.
  std::vector<cache::RateChange> TakeChanges(std::size_t most);
  /// The sums of all replicas for these changes.
  void Learn(std::span<const cache::RateChange> changes, std::span<const std::uint64_t> sums);

 private:
  /// The counts of one quota in its current window.
  struct Counter {
    std::int64_t window = 0;
    std::uint32_t before = 0;  ///< In the window before.
    std::uint32_t shared = 0;  ///< Of all replicas, as far as is known; includes what was sent.
    std::uint32_t unsent = 0;

    std::uint64_t now() const noexcept { return std::uint64_t{shared} + unsent; }
  };
  struct Tracked {
    std::string caller;
    std::array<Counter, kQuotas> counters{};
    bool is_changed = false;  ///< It is in `changed_`.
  };
  /// Where in its window a quota is now.
  struct Moment {
    std::int64_t window;
    std::chrono::milliseconds length;
    std::chrono::milliseconds left;
    bool slides;
  };
  using Trackeds = std::list<Tracked>;

  Moment MomentOf(Quota quota) const;
  Tracked* Find(const std::string& caller) VCACHE_REQUIRES(mutex_);
  Tracked& FindOrAdd(const std::string& caller) VCACHE_REQUIRES(mutex_);
  static Counter& Current(Tracked& tracked, Quota quota, const Moment& moment);
  static std::uint64_t Used(const Counter& counter, const Moment& moment) noexcept;
  static std::chrono::seconds Wait(const Counter& counter, const Moment& moment,
                                   std::uint64_t limit) noexcept;
  void Add(Tracked& tracked, Counter& counter) VCACHE_REQUIRES(mutex_);

  const RateLimitOptions options_;
  Clock& clock_;
  mutable Mutex mutex_;
  Trackeds tracked_ VCACHE_GUARDED_BY(mutex_);  ///< The last active first.
  std::unordered_map<std::string_view, Trackeds::iterator> by_caller_ VCACHE_GUARDED_BY(mutex_);
  std::list<std::string> changed_ VCACHE_GUARDED_BY(mutex_);  ///< Callers; each once while tracked.
  /// Whom the fields of changes under way are about.
  std::unordered_map<std::string, std::pair<std::string, Quota>> asked_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::api
