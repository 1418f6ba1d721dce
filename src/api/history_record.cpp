#include "api/history_record.h"

#include "json/verdict_json.h"
#include "vcache/core/hex.h"

namespace vcache::api {
namespace {

JsonLimits RecordLimits() {
  JsonLimits limits;
  limits.max_bytes = 16 * 1024;
  limits.max_depth = 4;
  limits.max_values = 100;
  return limits;
}

}  // namespace

Error HistoryTurnedOff() {
  return {ErrorCode::kNotFound,
          "No history is kept: it needs a store (CACHE_DIR or REDIS_URL) and HISTORY_ENTRIES above "
          "0.",
          Charge::kNone, std::nullopt, "No history is kept here."};
}

Json RecordJson(const cache::HistoryRecord& record) {
  auto parsed = ParseJson(record.body, RecordLimits());
  if (!parsed || !parsed->is_object()) return nullptr;
  (*parsed)["createdAt"] = TimeToJson(record.at);
  return *std::move(parsed);
}

std::optional<cache::CacheKey> KeyOfRecord(const cache::HistoryRecord& record) {
  const Json json = RecordJson(record);
  const auto hash = AsString(Find(json, "sha256"));
  const auto digest = hash ? content::ContentDigest::FromHex(*hash) : std::nullopt;
  if (!digest) return std::nullopt;
  const bool is_text = AsString(Find(json, "type")) == "TEXT";
  return cache::CacheKey{is_text ? cache::ContentKind::kText : cache::ContentKind::kAnalysis,
                         *digest};
}

bool IsAnalysisId(std::string_view text) noexcept {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kForm[i] == '-' ? text[i] != '-' : HexValue(text[i]) < 0) return false;
  }
  return true;
}

}  // namespace vcache::api
