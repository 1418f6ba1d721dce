#include "analysis/wait_timer.h"

#include <utility>

namespace vcache::analysis {

WaitTimer::~WaitTimer() {
  std::thread ending;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
    ending = std::move(thread_);
  }
  if (ending.joinable()) ending.join();
}

void WaitTimer::Watch(const std::shared_ptr<Flight>& flight) {
  const auto then = flight->TakeNextLook();
  if (!then) return;
  const MutexLock lock(mutex_);
  looks_.emplace(then->time(), flight);
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  if (looks_.begin()->first == then->time()) changed_.NotifyAll();
}

void WaitTimer::Run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    if (looks_.empty()) {
      changed_.Wait(lock);
      continue;
    }
    if (clock_.WaitUntil(changed_, lock, looks_.begin()->first)) continue;
    const auto due = looks_.extract(looks_.begin());
    lock.Unlock();
    if (const std::shared_ptr<Flight> flight = due.mapped().lock()) {
      flight->EndLateWaits();
      Watch(flight);
    }
    lock.Lock();
  }
}

}  // namespace vcache::analysis
