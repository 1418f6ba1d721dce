#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

// Locks that Clang can check. `VCACHE_GUARDED_BY` says which lock a member needs, `VCACHE_REQUIRES`
// which one the caller of a function holds, `VCACHE_EXCLUDES` which one it must not hold, since the
// function takes it. `scripts/check-threads` lets Clang compare the code with that; for other
// compilers all of it is empty. Clang does not see the caller's lock inside a lambda: code that
// waits looks at its condition in a loop of its own.

#ifdef __clang__
#define VCACHE_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define VCACHE_THREAD_ATTRIBUTE(x)
#endif

#define VCACHE_CAPABILITY(name) VCACHE_THREAD_ATTRIBUTE(capability(name))
#define VCACHE_SCOPED_CAPABILITY VCACHE_THREAD_ATTRIBUTE(scoped_lockable)
#define VCACHE_GUARDED_BY(lock) VCACHE_THREAD_ATTRIBUTE(guarded_by(lock))
#define VCACHE_PT_GUARDED_BY(lock) VCACHE_THREAD_ATTRIBUTE(pt_guarded_by(lock))
#define VCACHE_REQUIRES(...) VCACHE_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define VCACHE_EXCLUDES(...) VCACHE_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define VCACHE_ACQUIRE(...) VCACHE_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define VCACHE_ACQUIRE_SHARED(...) VCACHE_THREAD_ATTRIBUTE(acquire_shared_capability(__VA_ARGS__))
#define VCACHE_RELEASE(...) VCACHE_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))

namespace vcache {

/// A `std::mutex` that members can name as their guard. Only a `MutexLock` locks it.
class VCACHE_CAPABILITY("mutex") Mutex {
 private:
  friend class MutexLock;
  std::mutex mutex_;
};

/// Holds a mutex as long as it lives, but for the time between `Unlock` and `Lock`. One thread's.
class [[nodiscard]] VCACHE_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) VCACHE_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() VCACHE_RELEASE() {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void Unlock() VCACHE_RELEASE() { lock_.unlock(); }
  void Lock() VCACHE_ACQUIRE() { lock_.lock(); }

 private:
  friend class ConditionVariable;
  std::unique_lock<std::mutex> lock_;
};

/// A `std::condition_variable` for `MutexLock`. Waits may end without a reason.
class ConditionVariable {
 public:
  void NotifyOne() noexcept { condition_.notify_one(); }
  void NotifyAll() noexcept { condition_.notify_all(); }

  /// The lock is held before and after, and not meanwhile.
  void Wait(MutexLock& lock) { condition_.wait(lock.lock_); }
  /// False when that time is over.
  bool WaitFor(MutexLock& lock, std::chrono::milliseconds time) {
    return condition_.wait_for(lock.lock_, time) == std::cv_status::no_timeout;
  }
  /// False at `until`.
  bool WaitUntil(MutexLock& lock, std::chrono::steady_clock::time_point until) {
    return condition_.wait_until(lock.lock_, until) == std::cv_status::no_timeout;
  }

 private:
  std::condition_variable condition_;
};

/// A `std::shared_mutex`: one writer, or several readers.
class VCACHE_CAPABILITY("mutex") SharedMutex {
 private:
  friend class ReaderLock;
  friend class WriterLock;
  std::shared_mutex mutex_;
};

/// Holds it together with other readers, as long as it lives.
class [[nodiscard]] VCACHE_SCOPED_CAPABILITY ReaderLock {
 public:
  explicit ReaderLock(SharedMutex& mutex) VCACHE_ACQUIRE_SHARED(mutex) : lock_(mutex.mutex_) {}
  ~ReaderLock() VCACHE_RELEASE() {}
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  std::shared_lock<std::shared_mutex> lock_;
};

/// Holds it alone, as long as it lives.
class [[nodiscard]] VCACHE_SCOPED_CAPABILITY WriterLock {
 public:
  explicit WriterLock(SharedMutex& mutex) VCACHE_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~WriterLock() VCACHE_RELEASE() {}
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  std::unique_lock<std::shared_mutex> lock_;
};

}  // namespace vcache
