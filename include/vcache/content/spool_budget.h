#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "vcache/core/mutex.h"
#include "vcache/core/result.h"

namespace vcache::content {

/// What all uploads of a process may hold at once, in memory and on disk, and what one client may
/// hold of it. Thread-safe; shares and readings keep it alive.
class SpoolBudget : public std::enable_shared_from_this<SpoolBudget> {
 public:
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  struct Limits {
    std::uint64_t memory_bytes = kUnlimited;
    std::uint64_t disk_bytes = kUnlimited;
    /// Per cent of each that one client may hold.
    unsigned client_percent = 50;
    /// Bodies of one client that may be read at the same time.
    std::size_t client_readings = std::numeric_limits<std::size_t>::max();
  };

  /// What one spool holds; its destructor gives it back. One thread at a time.
  class Share {
   public:
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// False when all uploads, or those of the client, would hold too much: use the disk.
    bool TakeMemory(std::uint64_t bytes);
    /// Gives back all the memory: its content is on disk.
    void ReturnMemory();
    /// Error: kOverloaded.
    Result<void> TakeDisk(std::uint64_t bytes);

   private:
    friend class SpoolBudget;
    Share(std::shared_ptr<SpoolBudget> budget, std::string client);

    const std::shared_ptr<SpoolBudget> budget_;
    const std::string client_;
    std::uint64_t memory_ = 0;
    std::uint64_t disk_ = 0;
  };

  /// A body that is being read, until it is destroyed.
  class Reading {
   public:
    ~Reading();
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    friend class SpoolBudget;
    Reading(std::shared_ptr<SpoolBudget> budget, std::string client);

    const std::shared_ptr<SpoolBudget> budget_;
    const std::string client_;
  };

  /// Budgets live in a shared pointer.
  static std::shared_ptr<SpoolBudget> Make(Limits limits);

  std::unique_ptr<Share> NewShare(std::string client);
  /// Error: kOverloaded, when too many bodies of the client are being read.
  Result<std::unique_ptr<Reading>> BeginReading(std::string client);

  /// Whether hardly anything is left on disk, so that slow uploads are in the way of others.
  bool is_short() const;

  struct Usage {
    std::uint64_t memory_bytes = 0;
    std::uint64_t disk_bytes = 0;
  };
  Usage usage() const;

 private:
  struct Client {
    std::uint64_t memory = 0;
    std::uint64_t disk = 0;
    std::size_t readings = 0;
  };

  explicit SpoolBudget(Limits limits) : limits_(limits) {}
  std::uint64_t PartOf(std::uint64_t limit) const;
  void ForgetIfIdle(const std::string& client) VCACHE_REQUIRES(mutex_);

  const Limits limits_;
  mutable Mutex mutex_;
  Usage usage_ VCACHE_GUARDED_BY(mutex_);
  std::map<std::string, Client> clients_ VCACHE_GUARDED_BY(mutex_);  ///< Only those that hold any.
};

}  // namespace vcache::content
