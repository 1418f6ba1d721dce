#include "cache/sqlite/write_queue.h"

#include <algorithm>
#include <utility>

#include "cache/times.h"

namespace vcache::cache {
namespace {

/// About what an entry takes in memory: `details` is the only part that can be large.
std::size_t WeightOf(const PutRequest& request) noexcept {
  constexpr std::size_t kWithoutDetails = 2'048;
  return kWithoutDetails + (request.entry != nullptr ? request.entry->verdict.details.size() : 0);
}

}  // namespace

bool WriteQueue::Add(const PutRequest& request, Purpose purpose) {
  const std::size_t weight = WeightOf(request);
  const MutexLock lock(mutex_);
  if (bytes_ + weight > max_bytes_) return false;
  const SteadyTime expires_at = clock_.Now() + std::min(request.ttl, kLongestLife);
  newest_[request.entry->key] = ++last_;
  queue_.emplace(last_, Waiting{last_, purpose, request, expires_at, clock_.WallNow()});
  bytes_ += weight;
  count_ = queue_.size();
  return true;
}

std::optional<LookupResult> WriteQueue::Find(const CacheKey& key) {
  if (empty()) return std::nullopt;
  const MutexLock lock(mutex_);
  const auto found = newest_.find(key);
  if (found == newest_.end()) return std::nullopt;
  const Waiting& waiting = queue_.at(found->second);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(waiting.expires_at - clock_.Now());
  if (left.count() <= 0) return std::nullopt;
  LookupResult result;
  result.outcome = LookupOutcome::kHit;
  result.entry = waiting.request.entry;
  result.ttl = left;
  return result;
}

std::vector<WriteQueue::Waiting> WriteQueue::Oldest(std::size_t at_most) {
  std::vector<Waiting> oldest;
  const MutexLock lock(mutex_);
  for (auto& [number, waiting] : queue_) {
    if (oldest.size() == at_most) break;
    const auto left = std::chrono::ceil<std::chrono::seconds>(waiting.expires_at - clock_.Now());
    if (left.count() <= 0) ForgetEntry(waiting);
    oldest.push_back(waiting);
    oldest.back().request.ttl = left;
  }
  return oldest;
}

void WriteQueue::Remove(std::uint64_t number) {
  const MutexLock lock(mutex_);
  if (const auto found = queue_.find(number); found != queue_.end()) Erase(found);
}

bool WriteQueue::MarkDelivered(const std::string& id) {
  const MutexLock lock(mutex_);
  const auto found = std::find_if(queue_.begin(), queue_.end(), [&](const auto& each) {
    return each.second.purpose == Purpose::kOutbox && each.second.request.id == id;
  });
  if (found == queue_.end()) return false;
  Waiting& waiting = found->second;
  waiting.purpose = Purpose::kCopy;
  waiting.request.counters = {};
  if (waiting.request.entry == nullptr) Erase(found);
  return true;
}

void WriteQueue::DropEntries(const std::function<bool(const Waiting&)>& is_cleared) {
  const MutexLock lock(mutex_);
  for (auto at = queue_.begin(); at != queue_.end();) {
    Waiting& waiting = at->second;
    const bool drops = waiting.request.entry != nullptr && is_cleared(waiting);
    if (drops) ForgetEntry(waiting);
    at = drops && waiting.request.counters.empty() ? Erase(at) : std::next(at);
  }
}

WriteQueue::Queue::iterator WriteQueue::Erase(Queue::iterator at) {
  ForgetEntry(at->second);
  bytes_ -= WeightOf(at->second.request);
  const auto next = queue_.erase(at);
  count_ = queue_.size();
  return next;
}

void WriteQueue::ForgetEntry(Waiting& waiting) {
  if (waiting.request.entry == nullptr) return;
  const auto newest = newest_.find(waiting.request.entry->key);
  if (newest != newest_.end() && newest->second == waiting.number) newest_.erase(newest);
  bytes_ -= WeightOf(waiting.request);
  waiting.request.entry = nullptr;
  bytes_ += WeightOf(waiting.request);
}

}  // namespace vcache::cache
