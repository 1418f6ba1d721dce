#include "vcache/cache/lease_notifier.h"

namespace vcache::cache {

LeaseNotifier::Listener::~Listener() {
  const MutexLock lock(notifier_.mutex_);
  const auto [first, last] = notifier_.listeners_.equal_range(name_);
  for (auto each = first; each != last; ++each) {
    if (&each->second != announced_) continue;
    notifier_.listeners_.erase(each);
    return;
  }
}

bool LeaseNotifier::Listener::Await(Deadline until) {
  MutexLock lock(notifier_.mutex_);
  while (!*announced_ && notifier_.clock_.WaitUntil(notifier_.announced_, lock, until.time())) {
  }
  return std::exchange(*announced_, false);
}

std::unique_ptr<LeaseNotifier::Listener> LeaseNotifier::Listen(const CacheKey& key) {
  auto listener = std::unique_ptr<Listener>(new Listener(*this, keys_.NameOf(key)));
  const MutexLock lock(mutex_);
  listener->announced_ = &listeners_.emplace(listener->name_, false)->second;
  return listener;
}

void LeaseNotifier::Announce(std::string_view name) {
  const MutexLock lock(mutex_);
  const auto [first, last] = listeners_.equal_range(std::string(name));
  if (first == last) return;
  for (auto each = first; each != last; ++each) each->second = true;
  announced_.NotifyAll();
}

void LeaseNotifier::AnnounceAll() {
  const MutexLock lock(mutex_);
  for (auto& [name, announced] : listeners_) announced = true;
  announced_.NotifyAll();
}

}  // namespace vcache::cache
