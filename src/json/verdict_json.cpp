#include "json/verdict_json.h"

#include <utility>

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

const Json& ListOf(const Json* value) {
  static const Json kNone = Json::array();
  return value != nullptr && value->is_array() ? *value : kNone;
}

std::vector<std::string> TextsOf(const Json* list) {
  std::vector<std::string> texts;
  for (const Json& item : ListOf(list)) {
    if (auto text = AsString(&item)) texts.push_back(std::move(*text));
  }
  return texts;
}

Json ManifestToJson(const DeclaredManifest& manifest) {
  Json object = Json::object();
  object["generator"] = manifest.generator.empty() ? Json(nullptr) : Json(manifest.generator);
  object["actions"] = manifest.actions;
  return object;
}

std::optional<DeclaredManifest> ManifestFromJson(const Json* object) {
  if (object == nullptr || !object->is_object()) return std::nullopt;
  return DeclaredManifest{AsString(Find(*object, "generator")).value_or(""),
                          TextsOf(Find(*object, "actions"))};
}

std::optional<std::uint32_t> PixelsOf(const Json* value) {
  const auto number = AsInteger(value);
  if (!number || *number < 1 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

Json ProvenanceToJson(const Provenance& provenance) {
  Json object = Json::object();
  object["claim"] = ProvenanceClaimName(provenance.claim);
  object["by"] = provenance.by;
  if (!provenance.generator.empty()) object["generator"] = provenance.generator;
  if (!provenance.source_type.empty()) object["digitalSourceType"] = provenance.source_type;
  if (provenance.manifest) object["c2pa"] = ManifestToJson(*provenance.manifest);
  object["verified"] = false;
  object["note"] = "A claim of the file: anybody can write it or take it out.";
  return object;
}

std::optional<Provenance> ProvenanceFromJson(const Json* object) {
  if (object == nullptr) return std::nullopt;
  const auto claim = ProvenanceClaimFromName(AsString(Find(*object, "claim")).value_or(""));
  if (!claim) return std::nullopt;
  Provenance provenance;
  provenance.claim = *claim;
  provenance.by = TextsOf(Find(*object, "by"));
  provenance.generator = AsString(Find(*object, "generator")).value_or("");
  provenance.source_type = AsString(Find(*object, "digitalSourceType")).value_or("");
  provenance.manifest = ManifestFromJson(Find(*object, "c2pa"));
  return provenance;
}

Json VideoInfoToJson(const VideoInfo& info) {
  Json object = Json::object();
  if (info.length) {
    object["durationSeconds"] = static_cast<double>(info.length->count()) / 1000.0;
  }
  if (info.width && info.height) {
    object["width"] = *info.width;
    object["height"] = *info.height;
  }
  return object;
}

std::optional<VideoInfo> VideoInfoFromJson(const Json* object) {
  constexpr double kMostSeconds = 1e9;
  if (object == nullptr) return std::nullopt;
  VideoInfo info;
  const auto seconds = AsNumber(Find(*object, "durationSeconds"));
  if (seconds && *seconds > 0 && *seconds <= kMostSeconds) {
    info.length = std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000 + 0.5));
  }
  const auto width = PixelsOf(Find(*object, "width"));
  const auto height = PixelsOf(Find(*object, "height"));
  if (width && height) {
    info.width = width;
    info.height = height;
  }
  if (!info.length && !info.width) return std::nullopt;
  return info;
}

void ReadLists(const Json& object, Verdict& verdict) {
  for (const Json& source : ListOf(Find(object, "sources"))) {
    verdict.sources.push_back(SourceFromJson(source));
  }
  verdict.indicators = TextsOf(Find(object, "indicators"));
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
