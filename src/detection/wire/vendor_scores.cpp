#include "detection/wire/vendor_scores.h"

#include <algorithm>

#include "detection/wire/vendor_answer.h"

namespace vcache::detection {

void GeneratorScores::Add(std::string_view name, const Json* value) {
  const auto score = ScoreFromUnit(value);
  if (!score || *score < kLeast) return;
  double& known = best_[ShortText(name)];
  known = std::max(known, *score);
  if (best_.size() <= kMaxNames) return;
  best_.erase(std::min_element(best_.begin(), best_.end(),
                               [](const auto& a, const auto& b) { return a.second < b.second; }));
}

void GeneratorScores::AddMap(const Json* map) {
  if (map == nullptr || !map->is_object()) return;
  for (const auto& [name, value] : map->get_ref<const Json::object_t&>()) Add(name, &value);
}

std::vector<std::pair<std::string, double>> GeneratorScores::BestFirst() const {
  std::vector<std::pair<std::string, double>> sorted(best_.begin(), best_.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

bool FrameTally::Add(const Json* raw) {
  const auto score = ScoreFromUnit(raw);
  if (!score) return false;
  ++count_;
  sum_ += *score;
  if (!max_ || *score > *max_) {
    max_ = score;
    raw_of_max_ = AsNumber(raw);
  }
  return true;
}

void FrameTally::FillIn(SourceVerdict& source) const {
  source.score = max_;
  source.raw_score = raw_of_max_;
  source.frames = FrameScores{count_, RoundedScore(sum_ / static_cast<double>(count_)), *max_};
}

}  // namespace vcache::detection
