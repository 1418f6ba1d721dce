#include "vcache/core/thread_pool.h"

#include <pthread.h>

#include <limits>
#include <utility>

namespace vcache {
namespace {

/// The system's default depends on `ulimit -s` (rule H11).
constexpr std::size_t kStackBytes = 8 * 1024 * 1024;

}  // namespace

ThreadPool::ThreadPool(std::size_t max_threads, std::size_t max_queued,
                       std::chrono::milliseconds idle_life)
    : max_threads_(max_threads), max_queued_(max_queued), idle_life_(idle_life) {}

ThreadPool::~ThreadPool() {
  Stop();
}

bool ThreadPool::Submit(Task task, std::string_view client) {
  return Take(std::move(task), client, max_queued_);
}

bool ThreadPool::Continue(Task task, std::string_view client) {
  return Take(std::move(task), client, std::numeric_limits<std::size_t>::max());
}

bool ThreadPool::Take(Task&& task, std::string_view client, std::size_t max_queued) {
  {
    const MutexLock lock(mutex_);
    auto lane = lanes_.find(client);
    const std::size_t in_lane = lane == lanes_.end() ? 0 : lane->second.size();
    if (sleepers_.empty() && !StartThread() && in_lane >= max_queued) return false;
    // Without a single thread (the system refuses them) the queue would never be served.
    if (threads_.empty()) return false;
    if (lane == lanes_.end()) {
      lane = lanes_.emplace(std::string(client), std::deque<Task>()).first;
      turns_.push_back(lane);
    }
    lane->second.push_back(std::move(task));
    ++queued_;
    if (!sleepers_.empty()) {
      sleepers_.back()->is_called = true;
      sleepers_.back()->wake.NotifyOne();
      sleepers_.pop_back();
    }
  }
  return true;
}

ThreadPool::Task ThreadPool::NextTask() {
  const Lanes::iterator lane = turns_.front();
  turns_.pop_front();
  Task task = std::move(lane->second.front());
  lane->second.pop_front();
  --queued_;
  if (lane->second.empty()) {
    lanes_.erase(lane);
  } else {
    turns_.push_back(lane);
  }
  return task;
}

bool ThreadPool::crowded() const {
  const MutexLock lock(mutex_);
  return queued_ > 0;
}

std::size_t ThreadPool::threads() const {
  const MutexLock lock(mutex_);
  return threads_.size();
}

void ThreadPool::Stop() {
  std::vector<std::thread::native_handle_type> threads;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
    if (retired_) threads.push_back(*retired_);
    retired_.reset();
    for (Sleeper* sleeper : sleepers_) sleeper->wake.NotifyOne();
  }
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
}

bool ThreadPool::StartThread() {
  if (stopping_ || threads_.size() >= max_threads_) return false;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread{};
  const bool started = pthread_create(&thread, &attributes, &RunThread, this) == 0;
  pthread_attr_destroy(&attributes);
  if (started) threads_.push_back(thread);
  return started;
}

void* ThreadPool::RunThread(void* pool) {
  static_cast<ThreadPool*>(pool)->Run();
  return nullptr;
}

void ThreadPool::Run() {
  std::optional<pthread_t> ended;
  {
    MutexLock lock(mutex_);
    while (AwaitTask(lock)) {
      Task task = NextTask();
      lock.Unlock();
      task();
      task = nullptr;  // what it owns may take locks of its own
      lock.Lock();
    }
    if (!stopping_) ended = Retire();
  }
  if (ended) pthread_join(*ended, nullptr);
}

/// False: the thread is to end.
bool ThreadPool::AwaitTask(MutexLock& lock) {
  Sleeper self;
  while (queued_ == 0 && !stopping_) {
    self.is_called = false;
    sleepers_.push_back(&self);
    bool is_over = false;
    while (!self.is_called && !stopping_ && !is_over) {
      is_over = !self.wake.WaitFor(lock, idle_life_) && threads_.size() > 1;
    }
    if (self.is_called) continue;
    std::erase(sleepers_, &self);
    if (is_over && !stopping_) return false;
  }
  return queued_ > 0;
}

std::optional<pthread_t> ThreadPool::Retire() {
  std::erase_if(threads_,
                [](pthread_t thread) { return pthread_equal(thread, pthread_self()) != 0; });
  return std::exchange(retired_, pthread_self());
}

}  // namespace vcache
