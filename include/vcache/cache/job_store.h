#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "vcache/cache/cache_key.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/error.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// How far an asynchronous analysis is, for replicas that do not carry it out. The verdict itself
/// is not part of it: that is the content's entry.
struct JobState {
  enum class Phase { kRunning, kDone, kFailed };
  Phase phase = Phase::kRunning;
  std::string stage{};  ///< A name from a closed set; the reader knows it.
  int percent = 0;
  std::string origin{};          ///< Who wrote it: unique to a run of the analysis on a replica.
  std::uint64_t change = 0;      ///< Grows within an origin.
  std::optional<Error> error{};  ///< Of kFailed.
  WallTime at{};                 ///< When it was written.
};

/// As the store keeps it; docs/cache-format.md specifies it.
std::string EncodeJob(const JobState& state);
/// Empty for what is unreadable.
std::optional<JobState> DecodeJob(std::string_view text);

struct JobWrite {
  CacheKey key;
  JobState state;
  bool only_if_new = false;  ///< Leave what is there.
};

/// States of jobs by content, for an hour. Thread-safe; calls block until `deadline` at most.
class JobStore {
 public:
  virtual ~JobStore() = default;
  /// One command. False when `only_if_new` and there was one. Error: kStoreUnavailable.
  virtual Result<bool> Write(const JobWrite& write, Deadline deadline) = 0;
  /// One command. Empty: there is none. Error: kStoreUnavailable.
  virtual Result<std::optional<JobState>> Read(const CacheKey& key, Deadline deadline) = 0;
};

}  // namespace vcache::cache
