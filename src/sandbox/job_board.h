#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sandbox/vendor_call.h"
#include "vcache/core/mutex.h"

namespace vcache::sandbox {

/// An accepted content that is judged later.
struct Job {
  Judged judged;
  Mode mode = Mode::kOk;  ///< Decides the result.
  int looks = 0;          ///< Polls of the result, this one included.
};

/// The jobs of asynchronous vendors. Keeps the newest 10,000. Thread-safe.
class JobBoard {
 public:
  std::string Open(Job job);
  /// The job, with this poll counted.
  std::optional<Job> Look(const std::string& id);
  /// The job, without counting a poll.
  std::optional<Job> Find(const std::string& id) const;
  void Complete(const std::string& id, const Judged& judged);

 private:
  mutable Mutex mutex_;
  std::uint64_t last_ VCACHE_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Job, std::less<>> jobs_ VCACHE_GUARDED_BY(mutex_);
};

/// An asynchronous vendor's answers other than the result.
struct JobWords {
  std::function<http::Response(const std::string& id)> accepted;
  std::function<http::Response(const std::string& id)> running;
  std::function<http::Response()> unknown;
};

/// Serves the call with the content: like `ServeCall`, but a success opens a job.
http::Response ServeSubmission(const Parts& parts, const Vendor& vendor, const JobWords& words,
                               http::Request& request);

/// Serves a poll: first "running", then the mode's result. Polls are free and not counted as calls.
http::Response ServeLook(const Parts& parts, const Vendor& vendor, const JobWords& words,
                         const std::string& id);

}  // namespace vcache::sandbox
