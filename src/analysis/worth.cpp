#include "analysis/worth.h"

#include <string>

#include "analysis/flight_runner.h"

namespace vcache::analysis {

Usd PriceNow(const detection::DetectorPanel& panel, const Content& content) {
  detection::DetectionTask task;
  task.kind = MediaKindOf(content);
  task.media_type = content.media_type;
  task.file = content.file.get();
  task.text = content.text;
  task.characters = content.characters;
  task.pictures = content.pictures;
  panel.LookInto(task).AddTo(task);
  return panel.UsualPrice(task);
}

Usd PriceNow(const detection::DetectorPanel& panel, cache::ContentKind kind) {
  // Long enough for every vendor and short enough for the lowest price.
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
  return panel.UsualPrice(task);
}

}  // namespace vcache::analysis
