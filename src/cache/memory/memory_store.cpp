#include "vcache/cache/memory/memory_store.h"

#include <algorithm>
#include <bit>
#include <list>
#include <unordered_map>

#include "cache/times.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {
namespace {

struct Node {
  CacheKey key{};
  SharedEntry entry{};
  SteadyTime leaves_at{};   ///< When this tier serves it in outages only.
  SteadyTime expires_at{};  ///< When it expires in every tier.
  bool life_known = true;
  bool unbacked = false;  ///< No backing store had it when it was put.
  std::size_t bytes = 0;
};

using Nodes = std::list<Node>;  // most recently used first

/// One list node, one map node with its bucket, and the control block of the shared entry.
constexpr std::size_t kOverhead =
    sizeof(Node) + 2 * sizeof(void*) + sizeof(CacheKey) + 5 * sizeof(void*) + 16;

std::size_t HeapBytes(const std::string& text) noexcept {
  constexpr std::size_t kInside = 15;  // short strings need no allocation
  return text.capacity() > kInside ? text.capacity() + 1 : 0;
}

std::size_t SizeOf(const Entry& entry) noexcept {
  const Verdict& verdict = entry.verdict;
  std::size_t bytes = kOverhead + sizeof(Entry) + HeapBytes(entry.media_type) +
                      HeapBytes(entry.detectors) + HeapBytes(verdict.provider) +
                      HeapBytes(verdict.consensus) + HeapBytes(verdict.details);
  bytes += verdict.sources.capacity() * sizeof(SourceVerdict);
  for (const SourceVerdict& source : verdict.sources) {
    bytes += HeapBytes(source.provider) + HeapBytes(source.model) + HeapBytes(source.error);
  }
  bytes += verdict.indicators.capacity() * sizeof(std::string);
  for (const std::string& indicator : verdict.indicators) bytes += HeapBytes(indicator);
  bytes += verdict.generators.capacity() * sizeof(std::pair<std::string, double>);
  for (const auto& generator : verdict.generators) bytes += HeapBytes(generator.first);
  return bytes;
}

enum class IfPresent { kReplace, kKeepNewer };

/// A part of the cache with its own lock, on its own cache line to avoid false sharing.
class alignas(64) Shard {
 public:
  void set_capacity(std::size_t bytes) noexcept { capacity_ = bytes; }

  LookupResult Lookup(const CacheKey& key, SteadyTime now, bool in_outage) {
    LookupResult result;
    const MutexLock lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end()) return result;
    const Nodes::iterator node = found->second;
    if (node->expires_at <= now) {
      Drop(node);
      return result;
    }
    if (node->leaves_at <= now && !in_outage) return result;
    nodes_.splice(nodes_.begin(), nodes_, node);
    result.outcome = LookupOutcome::kHit;
    result.entry = node->entry;
    result.ttl = std::chrono::ceil<std::chrono::milliseconds>(node->expires_at - now);
    result.life_known = node->life_known;
    return result;
  }

  void Put(Node node, IfPresent if_present, SteadyTime now) {
    const MutexLock lock(mutex_);
    if (const auto found = index_.find(node.key); found != index_.end()) {
      const Node& here = *found->second;
      const bool is_newer =
          here.entry->stored_at > node.entry->stored_at ||
          (here.entry->stored_at == node.entry->stored_at && here.leaves_at > now);
      if (if_present == IfPresent::kKeepNewer && is_newer) return;
      Drop(found->second);  // even when the new entry is too large: the old one is outdated
    }
    if (node.bytes > capacity_) return;
    while (bytes_ + node.bytes > capacity_) Drop(std::prev(nodes_.end()));
    bytes_ += node.bytes;
    nodes_.push_front(std::move(node));
    index_.emplace(nodes_.front().key, nodes_.begin());
  }

  void Clear(const KeyPattern& pattern, const KeySpace& keys, ClearMode mode, SteadyTime now,
             MemoryClearReport& report) {
    const MutexLock lock(mutex_);
    for (auto node = nodes_.begin(); node != nodes_.end();) {
      const auto here = node++;
      const bool is_over = here->leaves_at <= now;
      if (pattern.text() != "*" && !pattern.Matches(keys.NameOf(here->key))) continue;
      if (!is_over) Count(*here, report);
      if (mode == ClearMode::kDelete || here->expires_at <= now) Drop(here);
    }
  }

  void AddUse(MemoryStoreUse& use) const {
    const MutexLock lock(mutex_);
    use.entries += nodes_.size();
    use.bytes += bytes_;
  }

 private:
  static void Count(const Node& node, MemoryClearReport& report) {
    const bool is_text = node.key.kind == ContentKind::kText;
    ++(is_text ? report.all.text : report.all.analysis);
    if (node.unbacked) ++(is_text ? report.unbacked.text : report.unbacked.analysis);
  }
  void Drop(Nodes::iterator node) VCACHE_REQUIRES(mutex_) {
    bytes_ -= node->bytes;
    index_.erase(node->key);
    nodes_.erase(node);
  }

  mutable Mutex mutex_;
  Nodes nodes_ VCACHE_GUARDED_BY(mutex_);
  std::unordered_map<CacheKey, Nodes::iterator> index_ VCACHE_GUARDED_BY(mutex_);
  std::size_t bytes_ VCACHE_GUARDED_BY(mutex_) = 0;
  std::size_t capacity_ = 0;  // set before any other thread sees it
};

}  // namespace

struct MemoryStore::State {
  State(MemoryStoreOptions given, Clock& the_clock)
      : options(std::move(given)),
        clock(the_clock),
        shards(std::bit_ceil(std::max<std::size_t>(options.shards, 1))) {
    for (Shard& shard : shards) shard.set_capacity(options.max_bytes / shards.size());
  }

  Shard& ShardOf(const CacheKey& key) {
    // The map inside a shard uses the low bits of the same hash.
    const std::size_t hash = std::hash<CacheKey>()(key);
    return shards[(hash >> 40U) & (shards.size() - 1)];
  }

  /// Sets the node's times and size; the caller sets the rest.
  void Put(Node node, std::chrono::milliseconds ttl, IfPresent if_present) {
    if (node.entry == nullptr || ttl <= ttl.zero()) return;
    const std::chrono::milliseconds life = std::min<std::chrono::milliseconds>(ttl, kLongestLife);
    const std::chrono::milliseconds here =
        options.max_ttl.count() > 0 ? std::min<std::chrono::milliseconds>(life, options.max_ttl)
                                    : life;
    const SteadyTime now = clock.Now();
    node.key = node.entry->key;
    node.leaves_at = now + here;
    node.expires_at = now + life;
    node.bytes = SizeOf(*node.entry);
    ShardOf(node.key).Put(std::move(node), if_present, now);
  }

  MemoryStoreOptions options;
  Clock& clock;
  std::vector<Shard> shards;
};

MemoryStore::MemoryStore(MemoryStoreOptions options, Clock& clock)
    : state_(std::make_unique<State>(std::move(options), clock)) {}

MemoryStore::~MemoryStore() = default;

LookupResult MemoryStore::Lookup(const CacheKey& key, Deadline /*deadline*/) {
  return state_->ShardOf(key).Lookup(key, state_->clock.Now(), /*in_outage=*/false);
}

LookupResult MemoryStore::LookupInOutage(const CacheKey& key) {
  return state_->ShardOf(key).Lookup(key, state_->clock.Now(), /*in_outage=*/true);
}

std::vector<LookupResult> MemoryStore::LookupMany(std::span<const CacheKey> keys,
                                                  Deadline deadline) {
  std::vector<LookupResult> results;
  results.reserve(keys.size());
  for (const CacheKey& key : keys) results.push_back(Lookup(key, deadline));
  return results;
}

Result<void> MemoryStore::Put(const PutRequest& request, Deadline /*deadline*/) {
  state_->Put({.entry = request.entry}, std::min(request.ttl, kLongestLife), IfPresent::kReplace);
  return {};
}

void MemoryStore::PutUnbacked(const PutRequest& request) {
  state_->Put({.entry = request.entry, .unbacked = true}, std::min(request.ttl, kLongestLife),
              IfPresent::kReplace);
}

void MemoryStore::Promote(const LookupResult& found) {
  state_->Put({.entry = found.entry, .life_known = found.life_known}, found.ttl,
              IfPresent::kKeepNewer);
}

Result<ClearReport> MemoryStore::Clear(const KeyPattern& pattern, ClearMode mode,
                                       Deadline /*deadline*/) {
  return ClearHere(pattern, mode).all;
}

MemoryClearReport MemoryStore::ClearHere(const KeyPattern& pattern, ClearMode mode) {
  MemoryClearReport report;
  const SteadyTime now = state_->clock.Now();
  for (Shard& shard : state_->shards) {
    shard.Clear(pattern, state_->options.keys, mode, now, report);
  }
  return report;
}

MemoryStoreUse MemoryStore::use() const {
  MemoryStoreUse use;
  for (const Shard& shard : state_->shards) shard.AddUse(use);
  return use;
}

}  // namespace vcache::cache
