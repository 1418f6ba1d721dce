#include "analysis/call_limits.h"

#include <string>

#include "vcache/content/spool.h"

namespace vcache::analysis {
namespace {

using std::chrono::seconds;

/// Bounds the length of a video that states none: any recording has over 64 kilobits a second.
constexpr std::uint64_t kLeastBytesPerSecond = 8'000;

/// Two to six decimals: a limit is a few cents, a call may cost less than one cent.
std::string UsdText(std::int64_t micros) {
  std::string places = std::to_string(micros % 1'000'000);
  places.insert(0, 6 - places.size(), '0');
  while (places.size() > 2 && places.back() == '0') places.pop_back();
  return std::to_string(micros / 1'000'000) + "." + places + " USD";
}

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
                               std::int64_t price_micros) {
  if (auto too_long = TooLong(options.longest_video, task)) return too_long;
  if (!options.dearest_call_micros || price_micros <= *options.dearest_call_micros) {
    return std::nullopt;
  }
  return Error{ErrorCode::kTooExpensive, "This analysis may cost up to " + UsdText(price_micros) +
                                             ", more than the " +
                                             UsdText(*options.dearest_call_micros) +
                                             " that one may cost; it is never paid for."};
}

}  // namespace vcache::analysis
