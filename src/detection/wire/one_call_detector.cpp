#include "detection/wire/one_call_detector.h"

#include <utility>

#include "detection/wire/vendor_answer.h"

namespace vcache::detection {

Result<Detection> OneCallDetector::Detect(const DetectionTask& task, Deadline deadline) {
  const bool has_content =
      task.kind == MediaKind::kText || (task.file != nullptr && task.media_type.has_value());
  if (!Accepts(task.kind) || !has_content) {
    return ContentRefused(name_, "This kind of content is not judged.", Charge::kNone);
  }
  if (const std::string_view refusal = RefusalOf(task); !refusal.empty()) {
    return ContentRefused(name_, refusal, Charge::kNone);
  }
  net::HttpRequest request = RequestFor(task);
  request.timeout = endpoint_.timeout;
  auto response = http_.Send(request, deadline);
  if (!response) return TransportError(name_, std::move(response).error());
  auto detection = Interpret(*response, task);
  if (!detection) return detection;
  detection->source.provider = name_;
  detection->demo = endpoint_.sandbox;
  return detection;
}

}  // namespace vcache::detection
