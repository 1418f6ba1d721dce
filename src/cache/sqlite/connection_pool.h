#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "cache/sqlite/sqlite_connection.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {

/// A few connections for many threads; each is lent to one thread at a time (rule P3). Far fewer
/// than threads, because each takes files and memory. Thread-safe.
class ConnectionPool {
 public:
  /// A lent connection, returned at the end of the scope. Empty when none became free in time.
  class Lease {
   public:
    Lease() = default;
    Lease(ConnectionPool* pool, std::unique_ptr<Connection> connection) noexcept
        : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_ != nullptr) pool_->GiveBack(std::move(connection_));
    }

    explicit operator bool() const noexcept { return connection_ != nullptr; }
    Connection& operator*() const noexcept { return *connection_; }
    Connection* operator->() const noexcept { return connection_.get(); }

   private:
    ConnectionPool* pool_ = nullptr;
    std::unique_ptr<Connection> connection_;
  };

  explicit ConnectionPool(Clock& clock) : clock_(clock) {}

  void Add(std::unique_ptr<Connection> connection) {
    const MutexLock lock(mutex_);
    free_.push_back(std::move(connection));
  }

  /// Waits for a free connection until `until`.
  Lease Borrow(SteadyTime until) {
    MutexLock lock(mutex_);
    while (free_.empty() && clock_.WaitUntil(came_free_, lock, until)) {
    }
    if (free_.empty()) return {};
    std::unique_ptr<Connection> connection = std::move(free_.back());
    free_.pop_back();
    return {this, std::move(connection)};
  }

 private:
  void GiveBack(std::unique_ptr<Connection> connection) {
    {
      const MutexLock lock(mutex_);
      free_.push_back(std::move(connection));  // never allocates: it had room before
    }
    came_free_.NotifyOne();
  }

  Clock& clock_;
  Mutex mutex_;
  ConditionVariable came_free_;
  std::vector<std::unique_ptr<Connection>> free_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::cache
