#include "vcache/core/periodic_task.h"

#include <utility>

namespace vcache {

void PeriodicTask::Start(std::chrono::milliseconds first_pause, Round round) {
  const std::lock_guard lock(mutex_);
  if (thread_.joinable()) return;
  stopping_ = false;
  thread_ = std::thread([this, first_pause, round = std::move(round)] { Run(first_pause, round); });
}

void PeriodicTask::Stop() {
  std::thread ending;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
    ending = std::move(thread_);
  }
  if (ending.joinable()) ending.join();
}

void PeriodicTask::Run(std::chrono::milliseconds pause, const Round& round) {
  std::unique_lock lock(mutex_);
  for (;;) {
    clock_.WaitUntil(wake_, lock, clock_.Now() + pause, [this] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    pause = round();
    lock.lock();
  }
}

}  // namespace vcache
