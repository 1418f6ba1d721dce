#include "vcache/cache/lease_notifier.h"

namespace vcache::cache {

LeaseNotifier::Listener::~Listener() {
  const std::lock_guard lock(news_.mutex_);
  const auto [first, last] = news_.listeners_.equal_range(name_);
  for (auto each = first; each != last; ++each) {
    if (each->second != this) continue;
    news_.listeners_.erase(each);
    return;
  }
}

bool LeaseNotifier::Listener::Await(Deadline until) {
  std::unique_lock lock(news_.mutex_);
  news_.clock_.WaitUntil(news_.announced_, lock, until.time(), [this] { return announced_; });
  return std::exchange(announced_, false);
}

std::unique_ptr<LeaseNotifier::Listener> LeaseNotifier::Listen(const CacheKey& key) {
  auto listener = std::unique_ptr<Listener>(new Listener(*this, keys_.NameOf(key)));
  const std::lock_guard lock(mutex_);
  listeners_.emplace(listener->name_, listener.get());
  return listener;
}

void LeaseNotifier::Announce(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto [first, last] = listeners_.equal_range(std::string(name));
  if (first == last) return;
  for (auto each = first; each != last; ++each) each->second->announced_ = true;
  announced_.notify_all();
}

void LeaseNotifier::AnnounceAll() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, listener] : listeners_) listener->announced_ = true;
  announced_.notify_all();
}

}  // namespace vcache::cache
