#include "json/file_facts_json.h"

namespace vcache {
namespace {

std::vector<std::string> TextsOf(const Json* list) {
  std::vector<std::string> texts;
  if (list == nullptr || !list->is_array()) return texts;
  for (const Json& item : *list) {
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

}  // namespace

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
  if (object == nullptr || !object->is_object()) return std::nullopt;
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
  if (object == nullptr || !object->is_object()) return std::nullopt;
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

}  // namespace vcache
