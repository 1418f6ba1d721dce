#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// One thing that somebody did: an analysis, or a change by an administrator.
struct HistoryRecord {
  std::string id;  ///< Unique; no line feed.
  WallTime at{};
  std::string body;  ///< What is told of it later; the store does not look into it.

  friend bool operator==(const HistoryRecord&, const HistoryRecord&) = default;
};

/// Records of one owner. Owners are names of any form; stores keep a digest of them.
struct HistoryWrite {
  std::string owner;
  std::vector<HistoryRecord> records;
};

struct HistoryLimits {
  std::size_t entries = 100;  ///< Kept for each owner: the last ones.
  std::chrono::seconds life{90 * 24 * 3600};
  /// Begins the names in the store. Families know nothing of each other.
  std::string family = "history";
};

/// The last records of each owner, within one family. Thread-safe; calls block until `deadline` at
/// most. Errors: kStoreUnavailable.
class HistoryStore {
 public:
  virtual ~HistoryStore() = default;

  /// Adds records; one that is there already stays. After an error some may have been added.
  virtual Result<void> Append(std::span<const HistoryWrite> writes, Deadline deadline) = 0;
  /// All that is kept, the newest first.
  virtual Result<std::vector<HistoryRecord>> Read(const std::string& owner, Deadline deadline) = 0;
  /// False: there is none with this id.
  virtual Result<bool> Remove(const std::string& owner, const std::string& id,
                              Deadline deadline) = 0;
  /// Removes all of an owner; how many there were.
  virtual Result<std::size_t> Erase(const std::string& owner, Deadline deadline) = 0;
};

}  // namespace vcache::cache
