#include "api/analysis_answer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "json/json.h"
#include "json/verdict_json.h"
#include "vcache/core/hex.h"
#include "vcache/core/random_id.h"

namespace vcache::api {
namespace {

using analysis::Analysis;
using analysis::CacheStatus;
using std::chrono::seconds;

std::string_view TypeOf(const cache::Entry& entry, std::string_view media_type) {
  if (entry.key.kind == cache::ContentKind::kText) return "TEXT";
  return media_type.starts_with("video/") ? "VIDEO" : "IMAGE";
}

Json OrNull(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json AnalysisJson(const Analysis& analysis, const SentContent& sent, WallTime now) {
  const cache::Entry& entry = *analysis.entry;
  // Entries of other software lack the content's type and size; the request states them.
  const std::string_view media_type = entry.foreign ? sent.media_type : entry.media_type;
  const std::optional<std::uint64_t> bytes = entry.foreign ? sent.bytes : entry.bytes;
  Json json = Json::object();
  json["id"] = MakeUuid();
  json["createdAt"] = TimeToJson(now);
  json["type"] = TypeOf(entry, media_type);
  json["fileName"] = OrNull(sent.file_name);
  json["sha256"] = entry.key.digest.ToHex();
  json["bytes"] = bytes ? Json(*bytes) : Json(nullptr);
  json["mediaType"] = OrNull(media_type);
  Json verdict = VerdictToJson(entry.verdict);
  for (auto& [name, value] : verdict.get_ref<Json::object_t&>()) json[name] = std::move(value);
  json["fromCache"] = analysis.status == CacheStatus::kHit;
  json["expiresAt"] =
      analysis.life_known
          ? TimeToJson(now + std::chrono::duration_cast<WallTime::duration>(analysis.ttl))
          : Json(nullptr);
  return json;
}

std::optional<seconds> AgeOf(const cache::Entry& entry, WallTime now) {
  if (entry.stored_at == WallTime{}) return std::nullopt;
  return std::max(seconds(0), std::chrono::floor<seconds>(now - entry.stored_at));
}

std::optional<seconds> LifeOf(const Analysis& analysis) {
  if (!analysis.life_known) return std::nullopt;
  return std::chrono::floor<seconds>(analysis.ttl);
}

Json SecondsToJson(std::optional<seconds> time) {
  return time ? Json(time->count()) : Json(nullptr);
}

Json CacheJson(const Analysis& analysis, std::optional<seconds> age) {
  Json json = Json::object();
  json["status"] = CacheStatusName(analysis.status);
  json["tier"] = analysis.tier ? Json(TierName(*analysis.tier)) : Json(nullptr);
  json["key"] = analysis.entry->key.Usual().ToString();
  json["ttlSeconds"] = SecondsToJson(LifeOf(analysis));
  json["ageSeconds"] = SecondsToJson(age);
  json["savedUsd"] = analysis.saved.dollars();
  return json;
}

std::string CacheStatusHeader(const Analysis& analysis) {
  const std::optional<seconds> life = LifeOf(analysis);
  const std::string ttl = life ? "; ttl=" + std::to_string(life->count()) : std::string();
  if (analysis.status == CacheStatus::kHit) {
    return "VerdictCache; hit" + ttl + "; detail=" + std::string(TierName(*analysis.tier));
  }
  if (analysis.status == CacheStatus::kBypass) return "VerdictCache; fwd=bypass";
  std::string value = "VerdictCache; fwd=";
  value += analysis.replaced ? "request" : "uri-miss";
  if (analysis.status == CacheStatus::kCoalesced) value += "; collapsed";
  if (analysis.stored) value += "; stored" + ttl;
  return value;
}

/// Nothing in the answer tells whether somebody else had the content analysed (rule S5).
void Blank(Json& json) {
  json["cache"] = nullptr;
  for (const char* name : {"fromCache", "analyzedAt", "expiresAt"}) {
    json["analysis"][name] = nullptr;
  }
}

}  // namespace

void AddAnalysis(Json& json, const Analysis& analysis, const SentContent& sent, WallTime now,
                 const Reader& reader) {
  json["analysis"] = AnalysisJson(analysis, sent, now);
  json["cache"] = CacheJson(analysis, AgeOf(*analysis.entry, now));
  if (!reader.hears_of_others) Blank(json);
  if (reader.history != nullptr) NoteInHistory(reader, json, now);
}

http::Response AnalysisResponse(const Analysis& analysis, const SentContent& sent,
                                const Clock& clock, const Reader& reader) {
  const WallTime now = clock.WallNow();
  const std::optional<seconds> age = AgeOf(*analysis.entry, now);
  Json body = Json::object();
  body["success"] = true;
  AddAnalysis(body, analysis, sent, now, reader);

  http::Response response;
  response.headers.Add("Content-Type", "application/json");
  if (reader.hears_of_others) {
    response.headers.Add("X-Cache", std::string(CacheStatusName(analysis.status)));
    response.headers.Add("Cache-Status", CacheStatusHeader(analysis));
    if (age) response.headers.Add("Age", std::to_string(age->count()));
  }
  response.body = DumpJson(body);
  response.log_outcome = CacheStatusName(analysis.status);
  return response;
}

void MarkUncached(http::Response& response, const analysis::CacheUse& use) {
  response.headers.Set("X-Cache", use.ignores_stored() ? "BYPASS" : "MISS");
  const std::string_view why = use.ignores_stored() ? "bypass"
                               : use.max_age        ? "request"
                                                    : "uri-miss";
  response.headers.Set("Cache-Status", "VerdictCache; fwd=" + std::string(why));
}

}  // namespace vcache::api
