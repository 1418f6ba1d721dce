#include "vcache/cache/charged_failure.h"

#include <algorithm>

#include "cache/times.h"
#include "json/json.h"

namespace vcache::cache {
namespace {

constexpr JsonLimits kLimits{.max_bytes = 4096, .max_depth = 4, .max_values = 64};
const std::int64_t kLatestMillis = ToMillis(WallTime(20 * kLongestLife));

}  // namespace

std::string EncodeChargedFailure(const ChargedFailure& failure) {
  Json json = Json::object();
  json["vendors"] = failure.vendors;
  json["pauseSeconds"] = failure.pause.count();
  json["untilMs"] = ToMillis(failure.until);
  return DumpJson(json);
}

std::optional<ChargedFailure> DecodeChargedFailure(std::string_view stored) {
  const Result<Json> json = ParseJson(stored, kLimits);
  if (!json) return std::nullopt;
  const auto pause = AsInteger(Find(*json, "pauseSeconds"));
  const auto until = AsInteger(Find(*json, "untilMs"));
  const Json* vendors = Find(*json, "vendors");
  if (!pause || !until || vendors == nullptr || !vendors->is_array()) return std::nullopt;
  ChargedFailure failure;
  failure.pause = std::chrono::seconds(
      std::clamp<std::int64_t>(*pause, 0, std::chrono::seconds(kLongestChargedPause).count()));
  failure.until = FromMillis(std::clamp<std::int64_t>(*until, 0, kLatestMillis));
  for (const Json& vendor : *vendors) {
    if (auto name = AsString(&vendor)) failure.vendors.push_back(*std::move(name));
  }
  return failure;
}

}  // namespace vcache::cache
