#include "api/analysis_answer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "api/uuid.h"
#include "core/json.h"
#include "core/verdict_json.h"

namespace vcache::api {
namespace {

using analysis::Analysis;
using analysis::CacheStatus;
using std::chrono::seconds;

std::string_view TypeOf(const cache::Entry& entry) {
  if (entry.key.kind == cache::ContentKind::kText) return "TEXT";
  return entry.media_type.starts_with("video/") ? "VIDEO" : "IMAGE";
}

Json OrNull(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json AnalysisJson(const Analysis& analysis, std::string_view file_name, WallTime now) {
  const cache::Entry& entry = *analysis.entry;
  Json json = Json::object();
  json["id"] = MakeUuid();
  json["type"] = TypeOf(entry);
  json["fileName"] = OrNull(file_name);
  json["sha256"] = entry.key.digest.ToHex();
  json["bytes"] = entry.bytes;
  json["mediaType"] = OrNull(entry.media_type);
  Json verdict = VerdictToJson(entry.verdict);
  for (auto& [name, value] : verdict.get_ref<Json::object_t&>()) json[name] = std::move(value);
  json["fromCache"] = analysis.status == CacheStatus::kHit;
  json["expiresAt"] =
      FormatTime(now + std::chrono::duration_cast<WallTime::duration>(analysis.ttl));
  return json;
}

Json CacheJson(const Analysis& analysis, seconds age) {
  Json json = Json::object();
  json["status"] = CacheStatusName(analysis.status);
  json["tier"] = analysis.tier ? Json(TierName(*analysis.tier)) : Json(nullptr);
  json["key"] = analysis.entry->key.ToString();
  json["ttlSeconds"] = std::chrono::floor<seconds>(analysis.ttl).count();
  json["ageSeconds"] = age.count();
  json["savedUsd"] = static_cast<double>(analysis.saved_micros) / 1e6;
  return json;
}

std::string CacheStatusHeader(const Analysis& analysis) {
  const std::string ttl =
      "; ttl=" + std::to_string(std::chrono::floor<seconds>(analysis.ttl).count());
  if (analysis.status == CacheStatus::kHit) {
    return "VerdictCache; hit" + ttl + "; detail=" + std::string(TierName(*analysis.tier));
  }
  std::string value = "VerdictCache; fwd=uri-miss";
  if (analysis.status == CacheStatus::kCoalesced) value += "; collapsed";
  if (analysis.stored) value += "; stored" + ttl;
  return value;
}

}  // namespace

http::Response AnalysisResponse(const Analysis& analysis, std::string_view file_name,
                                const Clock& clock) {
  const WallTime now = clock.WallNow();
  const seconds age =
      std::max(seconds(0), std::chrono::floor<seconds>(now - analysis.entry->stored_at));
  Json body = Json::object();
  body["success"] = true;
  body["analysis"] = AnalysisJson(analysis, file_name, now);
  body["cache"] = CacheJson(analysis, age);

  http::Response response;
  response.headers.Add("Content-Type", "application/json");
  response.headers.Add("X-Cache", std::string(CacheStatusName(analysis.status)));
  response.headers.Add("Cache-Status", CacheStatusHeader(analysis));
  response.headers.Add("Age", std::to_string(age.count()));
  response.body = DumpJson(body);
  response.log_outcome = CacheStatusName(analysis.status);
  return response;
}

void MarkMiss(http::Response& response) {
  response.headers.Set("X-Cache", "MISS");
  response.headers.Set("Cache-Status", "VerdictCache; fwd=uri-miss");
}

}  // namespace vcache::api
