#include "detection/vendors/vendor_adapter.h"

#include <algorithm>

#include "detection/wire/vendor_answer.h"
#include "vcache/detection/call_progress.h"

namespace vcache::detection {

Result<Detection> VendorAdapter::Detect(const DetectionTask& task, Deadline deadline) {
  const bool has_content =
      task.kind == MediaKind::kText || (task.file != nullptr && task.media_type.has_value());
  if (!Accepts(task.kind) || !has_content) {
    return ContentRefused(name_, "This kind of content is not judged.", Charge::kNone);
  }
  if (const std::string_view refusal = RefusalOf(task); !refusal.empty()) {
    return ContentRefused(name_, refusal, Charge::kNone);
  }
  auto detection = Judge(task, deadline.Shortened(Deadline::After(clock(), endpoint().timeout)));
  if (!detection) return detection;
  detection->source.provider = name_;
  detection->demo = endpoint().sandbox;
  return detection;
}

Result<net::HttpResponse> VendorAdapter::Send(net::HttpRequest request, Deadline until,
                                              std::chrono::milliseconds timeout) const {
  request.timeout = std::min(timeout, endpoint().timeout);
  auto response = http().Send(request, until);
  if (!response) return TransportError(name_, std::move(response).error());
  return response;
}

Result<Detection> VendorAdapter::Await(net::HttpRequest request, PollPlan plan, Look look,
                                       Deadline until) const {
  request.timeout = endpoint().timeout;
  plan.interval = options_.poll_interval.value_or(plan.interval);
  return AwaitResult({name_, std::move(request), std::move(look), plan}, http(), parts_.pauses,
                     until);
}

CredentialCheck VendorAdapter::Ask(net::HttpRequest request, Deadline deadline,
                                   const ReadAnswer& read) const {
  request.timeout = endpoint().timeout;
  return AskForFree(name_, std::move(request), http(), deadline, read);
}

Result<Detection> OneCallDetector::Judge(const DetectionTask& task, Deadline until) {
  net::HttpRequest request = RequestFor(task);
  // Only a file that is read while it is sent tells how far it is.
  if (task.progress != nullptr && std::holds_alternative<std::string>(request.body)) {
    task.progress->OnSent(1, 1);
  }
  const auto response = Send(std::move(request), until);
  if (!response) return response.error();
  return Interpret(*response, task);
}

}  // namespace vcache::detection
