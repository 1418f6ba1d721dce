#include "http/server/worker_pool.h"

namespace vcache::http {
namespace {

/// The system's default depends on `ulimit -s` (rule H11).
constexpr std::size_t kStackBytes = 8 * 1024 * 1024;

}  // namespace

WorkerPool::WorkerPool(std::size_t max_threads, std::size_t max_queued, MakeJob make_job)
    : max_threads_(max_threads), max_queued_(max_queued), make_job_(std::move(make_job)) {}

WorkerPool::~WorkerPool() {
  Stop();
}

bool WorkerPool::Submit(Connection& connection) {
  {
    const MutexLock lock(mutex_);
    const bool free_thread = idle_ > queue_.size();
    if (!free_thread && !StartThread() && queue_.size() >= max_queued_) return false;
    // Without a single thread (the system refuses them) the queue would never be served.
    if (threads_.empty()) return false;
    queue_.push_back(&connection);
  }
  work_.NotifyOne();
  return true;
}

bool WorkerPool::crowded() const {
  const MutexLock lock(mutex_);
  return !queue_.empty();
}

std::size_t WorkerPool::threads() const {
  const MutexLock lock(mutex_);
  return threads_.size();
}

void WorkerPool::Stop() {
  std::vector<pthread_t> threads;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  work_.NotifyAll();
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
}

bool WorkerPool::StartThread() {
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

void* WorkerPool::RunThread(void* pool) {
  static_cast<WorkerPool*>(pool)->Run();
  return nullptr;
}

void WorkerPool::Run() {
  const Job job = make_job_();
  MutexLock lock(mutex_);
  for (;;) {
    ++idle_;
    while (!stopping_ && queue_.empty()) work_.Wait(lock);
    --idle_;
    if (queue_.empty()) return;
    Connection& connection = *queue_.front();
    queue_.pop_front();
    lock.Unlock();
    job(connection);
    lock.Lock();
  }
}

}  // namespace vcache::http
