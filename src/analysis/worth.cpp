#include "analysis/worth.h"

#include <string>

#include "analysis/flight_runner.h"
#include "vcache/content/video_length.h"

namespace vcache::analysis {

std::int64_t PriceNow(const detection::DetectorPanel& panel, const Content& content) {
  detection::DetectionTask task;
  task.kind = MediaKindOf(content);
  task.media_type = content.media_type;
  task.file = content.file.get();
  task.text = content.text;
  task.characters = content.characters;
  if (task.kind == detection::MediaKind::kVideo && task.file != nullptr) {
    const auto info = content::ReadVideoInfo(*task.file, *task.media_type);
    if (info) task.video_length = info->length;
  }
  return panel.UsualPriceMicros(task);
}

std::int64_t PriceNow(const detection::DetectorPanel& panel, cache::ContentKind kind) {
  // As long as a text must be for every vendor, and as cheap as one gets.
  static const std::string kShortText(300, 'x');
  detection::DetectionTask task;
  if (kind == cache::ContentKind::kText) {
    task.kind = detection::MediaKind::kText;
    task.text = kShortText;
    task.characters = kShortText.size();
  } else {
    task.kind = detection::MediaKind::kImage;
    task.media_type = content::MediaType::kJpeg;
  }
  return panel.UsualPriceMicros(task);
}

}  // namespace vcache::analysis
