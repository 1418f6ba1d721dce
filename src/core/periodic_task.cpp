#include "vcache/core/periodic_task.h"

#include <utility>

namespace vcache {

void PeriodicTask::Start(std::chrono::milliseconds first_pause, Round round) {
  const MutexLock lock(mutex_);
  if (thread_.joinable()) return;
  stopping_ = false;
  thread_ = std::thread([this, first_pause, round = std::move(round)] { Run(first_pause, round); });
}

void PeriodicTask::Stop() {
  std::thread ending;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
    ending = std::move(thread_);
  }
  if (ending.joinable()) ending.join();
}

void PeriodicTask::Run(std::chrono::milliseconds pause, const Round& round) {
  MutexLock lock(mutex_);
  for (;;) {
    const SteadyTime until = clock_.Now() + pause;
    while (!stopping_ && clock_.WaitUntil(wake_, lock, until)) {
    }
    if (stopping_) return;
    lock.Unlock();
    pause = round();
    lock.Lock();
  }
}

}  // namespace vcache
