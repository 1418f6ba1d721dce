#include "json/verdict_json.h"

#include "json/file_facts_json.h"

namespace vcache {
namespace {

Json OrNull(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json FramesToJson(const FrameScores& frames) {
  return Json::object({{"count", frames.count}, {"mean", frames.mean}, {"max", frames.max}});
}

Json SourceToJson(const SourceVerdict& source) {
  Json object = Json::object();
  object["provider"] = source.provider;
  object["score"] = OrNull(source.score);
  object["confidence"] = OrNull(source.confidence);
  if (source.raw_score) {
    object["rawScore"] = *source.raw_score;
    object["scoreKind"] = ScoreKindName(source.kind);
  }
  if (source.frames) object["frames"] = FramesToJson(*source.frames);
  if (!source.model.empty()) object["model"] = source.model;
  if (!source.error.empty()) object["error"] = source.error;
  return object;
}

std::optional<double> ScoreOf(const Json* value) {
  const std::optional<double> number = AsNumber(value);
  return number && IsScore(*number) ? number : std::nullopt;
}

/// All three numbers, or empty.
std::optional<FrameScores> FramesFromJson(const Json* frames) {
  if (frames == nullptr) return std::nullopt;
  const auto count = AsInteger(Find(*frames, "count"));
  const auto mean = ScoreOf(Find(*frames, "mean"));
  const auto max = ScoreOf(Find(*frames, "max"));
  if (!count || *count < 1 || !mean || !max) return std::nullopt;
  return FrameScores{*count, *mean, *max};
}

SourceVerdict SourceFromJson(const Json& object) {
  SourceVerdict source;
  source.provider = AsString(Find(object, "provider")).value_or("");
  source.score = ScoreOf(Find(object, "score"));
  source.confidence = ScoreOf(Find(object, "confidence"));
  source.raw_score = AsNumber(Find(object, "rawScore"));
  source.kind = ScoreKindFromName(AsString(Find(object, "scoreKind")).value_or(""))
                    .value_or(ScoreKind::kProbability);
  source.frames = FramesFromJson(Find(object, "frames"));
  source.model = AsString(Find(object, "model")).value_or("");
  source.error = AsString(Find(object, "error")).value_or("");
  return source;
}

void ReadLists(const Json& object, Verdict& verdict) {
  if (const Json* sources = Find(object, "sources"); sources != nullptr && sources->is_array()) {
    for (const Json& source : *sources) verdict.sources.push_back(SourceFromJson(source));
  }
  if (const Json* list = Find(object, "indicators"); list != nullptr && list->is_array()) {
    for (const Json& indicator : *list) {
      if (auto text = AsString(&indicator)) verdict.indicators.push_back(std::move(*text));
    }
  }
  if (const Json* map = Find(object, "generators"); map != nullptr && map->is_object()) {
    for (const auto& [name, score] : map->get_ref<const Json::object_t&>()) {
      if (const auto value = ScoreOf(&score)) verdict.generators.emplace_back(name, *value);
    }
  }
}

}  // namespace

Json VerdictToJson(const Verdict& verdict) {
  Json object = Json::object();
  object["aiScore"] = verdict.ai_score;
  object["isAi"] = verdict.is_ai();
  object["confidence"] = OrNull(verdict.confidence);
  object["verdict"] = Json::object(
      {{"key", VerdictKeyName(verdict.key())}, {"color", VerdictColor(verdict.key())}});
  object["provider"] = verdict.provider;
  object["sources"] = Json::array();
  for (const SourceVerdict& source : verdict.sources) {
    object["sources"].push_back(SourceToJson(source));
  }
  object["consensus"] = verdict.consensus;
  if (verdict.frames_analyzed) object["framesAnalyzed"] = *verdict.frames_analyzed;
  object["indicators"] = verdict.indicators;
  if (!verdict.generators.empty()) {
    Json generators = Json::object();
    for (const auto& [name, score] : verdict.generators) generators[name] = score;
    object["generators"] = std::move(generators);
  }
  if (verdict.video) object["videoMetadata"] = VideoInfoToJson(*verdict.video);
  if (verdict.provenance) object["provenance"] = ProvenanceToJson(*verdict.provenance);
  const Result<Json> details = ParseJson(verdict.details);
  object["details"] = details && details->is_object() ? *details : Json::object();
  object["analyzedAt"] = TimeToJson(verdict.analyzed_at);
  if (verdict.demo) object["demo"] = true;
  if (verdict.partial) object["partial"] = true;
  return object;
}

Result<Verdict> VerdictFromJson(const Json& object) {
  const std::optional<double> score = ScoreOf(Find(object, "aiScore"));
  if (!score) {
    return Error{ErrorCode::kStoreCorrupt, "The verdict has no aiScore between 0 and 100."};
  }
  Verdict verdict;
  verdict.ai_score = *score;
  verdict.confidence = ScoreOf(Find(object, "confidence"));
  verdict.provider = AsString(Find(object, "provider")).value_or("");
  verdict.consensus = AsString(Find(object, "consensus")).value_or("");
  verdict.frames_analyzed = AsInteger(Find(object, "framesAnalyzed"));
  ReadLists(object, verdict);
  verdict.video = VideoInfoFromJson(Find(object, "videoMetadata"));
  verdict.provenance = ProvenanceFromJson(Find(object, "provenance"));
  if (const Json* details = Find(object, "details"); details != nullptr && details->is_object()) {
    verdict.details = DumpJson(*details);
  }
  if (const auto text = AsString(Find(object, "analyzedAt"))) {
    verdict.analyzed_at = ParseTime(*text).value_or(WallTime{});
  }
  verdict.demo = AsBool(Find(object, "demo")).value_or(false);
  verdict.partial = AsBool(Find(object, "partial")).value_or(false);
  return verdict;
}

Json TimeToJson(WallTime time) {
  return time == WallTime{} ? Json(nullptr) : Json(FormatTime(time));
}

}  // namespace vcache
