#include "detection/local_inspection.h"

#include <exception>
#include <string>

#include "vcache/content/provenance/provenance.h"
#include "vcache/content/video/video_length.h"
#include "vcache/content/video/video_reach.h"

namespace vcache::detection {

void LocalInspection::AddTo(DetectionTask& task) const noexcept {
  if (task.video_length) return;
  task.video_length = video_length;
  task.video_may_be_longer = video_may_be_longer;
}

LocalInspection LookAt(const DetectionTask& task, ProvenanceMode mode) noexcept {
  LocalInspection look;
  if (task.file == nullptr || !task.media_type) return look;
  try {
    if (content::IsVideo(*task.media_type)) {
      look.video_may_be_longer = true;  // until the container proves its length
      look.video = content::ReadVideoInfo(*task.file, *task.media_type);
      const content::VideoReach reach = content::ReadVideoReach(*task.file, *task.media_type);
      look.video_length = reach.longest;
      look.video_may_be_longer = !reach.counted;
    }
    if (mode != ProvenanceMode::kOff) {
      look.provenance = content::ReadProvenance(*task.file, *task.media_type);
    }
  } catch (const std::exception&) {
    // Only std::bad_alloc comes here; the vendors can still be asked.
  }
  return look;
}

Verdict DeclaredVerdict(const Provenance& provenance, WallTime now) {
  constexpr double kCertain = 100;
  SourceVerdict source;
  source.provider = "provenance";
  source.score = kCertain;
  for (const std::string& by : provenance.by)
    source.model += (source.model.empty() ? "" : "+") + by;
  Verdict verdict;
  verdict.ai_score = kCertain;
  verdict.provider = source.provider;
  verdict.sources.push_back(std::move(source));
  verdict.consensus = "1/1";
  verdict.analyzed_at = now;
  return verdict;
}

}  // namespace vcache::detection
