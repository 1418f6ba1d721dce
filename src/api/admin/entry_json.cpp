#include "api/admin/entry_json.h"

#include <algorithm>
#include <chrono>

#include "json/verdict_json.h"

namespace vcache::api {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

void AddVerdict(Json& json, const cache::Entry& entry, WallTime now) {
  const Verdict& verdict = entry.verdict;
  const bool has_age = entry.stored_at != WallTime{};
  json["storedAt"] = TimeToJson(entry.stored_at);
  json["ageSeconds"] =
      has_age ? Json(std::max<std::int64_t>(0, floor<seconds>(now - entry.stored_at).count()))
              : Json(nullptr);
  json["bytes"] = entry.foreign ? Json(nullptr) : Json(entry.bytes);
  json["mediaType"] = entry.media_type.empty() ? Json(nullptr) : Json(entry.media_type);
  json["costUsd"] = entry.foreign ? Json(nullptr) : Json(entry.cost.dollars());
  Json vendors = Json::array();
  for (const SourceVerdict& source : verdict.sources) vendors.push_back(source.provider);
  json["vendors"] = std::move(vendors);
  json["aiScore"] = verdict.ai_score;
  json["verdict"] = Json::object(
      {{"key", VerdictKeyName(verdict.key())}, {"color", VerdictColor(verdict.key())}});
  json["partial"] = verdict.partial;
}

}  // namespace

Json EntrySummary(const cache::KeptEntry& kept, WallTime now) {
  Json json = Json::object();
  json["key"] = kept.key.ToString();
  json["kind"] = cache::KindName(kept.key.kind);
  json["ttlSeconds"] = kept.life_known ? Json(floor<seconds>(kept.ttl).count()) : Json(nullptr);
  json["storedBytes"] = kept.stored_bytes;
  if (kept.entry != nullptr) {
    AddVerdict(json, *kept.entry, now);
  } else {
    json["unreadable"] = kept.problem;
  }
  return json;
}

}  // namespace vcache::api
