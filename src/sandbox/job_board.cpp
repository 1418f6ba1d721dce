#include "sandbox/job_board.h"

#include <algorithm>
#include <utility>

namespace vcache::sandbox {
namespace {

constexpr std::size_t kMaxJobs = 10'000;
constexpr int kRunningLooks = 1;

}  // namespace

std::string JobBoard::Open(Job job) {
  const MutexLock lock(mutex_);
  std::string id = std::to_string(++last_);
  id = "job-" + std::string(12 - std::min<std::size_t>(12, id.size()), '0') + id;  // in order
  if (jobs_.size() >= kMaxJobs) jobs_.erase(jobs_.begin());
  jobs_.emplace(id, std::move(job));
  return id;
}

std::optional<Job> JobBoard::Look(const std::string& id) {
  const MutexLock lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  ++found->second.looks;
  return found->second;
}

std::optional<Job> JobBoard::Find(const std::string& id) const {
  const MutexLock lock(mutex_);
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? std::nullopt : std::optional(found->second);
}

void JobBoard::Complete(const std::string& id, const Judged& judged) {
  const MutexLock lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  found->second.judged = judged;
}

http::Response ServeSubmission(const Parts& parts, const Vendor& vendor, const JobWords& words,
                               http::Request& request) {
  // The mode spoils the result; the acceptance is always the same.
  Vendor taking = vendor;
  taking.answer = [&](const Judged& judged, const std::optional<Json>&, Mode mode) {
    return words.accepted(parts.jobs.Open({judged, mode}));
  };
  return ServeCall(parts, taking, request, Spoiling::kLater);
}

http::Response ServeLook(const Parts& parts, const Vendor& vendor, const JobWords& words,
                         const std::string& id) {
  const auto job = parts.jobs.Look(id);
  if (!job) return words.unknown();
  if (!job->judged.has_content || job->looks <= kRunningLooks) return words.running(id);
  return AnswerOf(vendor, job->judged, job->mode);
}

}  // namespace vcache::sandbox
