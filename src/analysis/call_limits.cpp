#include "analysis/call_limits.h"

#include <string>

#include "vcache/content/spool.h"

namespace vcache::analysis {
namespace {

using std::chrono::seconds;

/// Bounds the length of a video that states none: any recording has over 64 kilobits a second.
constexpr std::uint64_t kLeastBytesPerSecond = 8'000;

std::string SecondsText(seconds length) {
  return std::to_string(length.count()) + " seconds";
}

std::optional<Error> TooLong(seconds limit, const detection::DetectionTask& task) {
  if (limit.count() <= 0 || task.kind != detection::MediaKind::kVideo) return std::nullopt;
  std::string is;
  seconds length{0};
  if (task.video_length) {
    // Rounded down: the sound track may be a fraction of a second longer than the pictures.
    length = std::chrono::floor<seconds>(*task.video_length);
    is = "The video is " + SecondsText(length) + " long, by what its file says";
  } else if (task.file != nullptr) {
    length = seconds(task.file->size() / kLeastBytesPerSecond);
    is = "The video's file does not say how long it is, and it may be " + SecondsText(length);
  }
  if (length <= limit) return std::nullopt;
  return Error{ErrorCode::kVideoTooLong,
               is + "; videos of up to " + SecondsText(limit) + " are analysed."};
}

}  // namespace

std::optional<Error> OverLimit(const AnalysisOptions& options, const detection::DetectionTask& task,
                               Usd price) {
  if (auto too_long = TooLong(options.longest_video, task)) return too_long;
  if (!options.dearest_call || price <= *options.dearest_call) return std::nullopt;
  return Error{ErrorCode::kTooExpensive, "This analysis may cost up to " + price.ToText(2) +
                                             " USD, more than the " +
                                             options.dearest_call->ToText(2) +
                                             " USD that one may cost; it is never paid for."};
}

}  // namespace vcache::analysis
