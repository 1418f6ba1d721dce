#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sandbox/vendor_call.h"
#include "vcache/core/mutex.h"

namespace vcache::sandbox {

/// A content that was accepted and will be judged later.
struct Job {
  Judged judged;
  Mode mode = Mode::kOk;  ///< How the result will be.
  int looks = 0;          ///< How often the result was asked for, this time included.
};

/// The jobs of the vendors that answer later. Holds the newest 10,000. Thread-safe.
class JobBoard {
 public:
  /// The new job's id.
  std::string Open(Job job);
  /// The job, its looks counted.
  std::optional<Job> Look(const std::string& id);
  /// The job, without a look.
  std::optional<Job> Find(const std::string& id) const;
  /// Its content has come.
  void Complete(const std::string& id, const Judged& judged);

 private:
  mutable Mutex mutex_;
  std::uint64_t last_ VCACHE_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Job, std::less<>> jobs_ VCACHE_GUARDED_BY(mutex_);
};

/// How an asynchronous vendor words what is not its result.
struct JobWords {
  std::function<http::Response(const std::string& id)> accepted;
  std::function<http::Response(const std::string& id)> running;
  std::function<http::Response()> unknown;
};

/// Serves the call that brings a content: like `ServeCall`, but a good one opens a job.
http::Response ServeSubmission(CallLedger& ledger, Clock& clock, JobBoard& jobs,
                               const Vendor& vendor, const JobWords& words, http::Request& request);

/// Serves a look at a job: running the first time, then what its mode makes of the result. Looks
/// are free and are no calls.
http::Response ServeLook(JobBoard& jobs, const Vendor& vendor, const JobWords& words,
                         const std::string& id);

}  // namespace vcache::sandbox
