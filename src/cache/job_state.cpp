#include <algorithm>
#include <array>

#include "cache/times.h"
#include "json/json.h"
#include "vcache/cache/job_store.h"
#include "vcache/core/enum_table.h"
#include "vcache/core/log.h"

namespace vcache::cache {
namespace {

constexpr JsonLimits kJobLimits{.max_bytes = 8192, .max_depth = 4, .max_values = 64};
constexpr std::chrono::seconds kLongestJobPause = std::chrono::hours(24 * 31);
using Phase = JobState::Phase;
constexpr EnumNames<Phase, 3> kPhaseNames{{"running", "done", "failed"}};

Error ErrorOf(const Json& json) {
  Error error{ErrorCode::kInternal, "The analysis failed."};
  const auto name = AsString(Find(json, "code"));
  for (int code = 0; code <= static_cast<int>(ErrorCode::kIo); ++code) {
    if (name == CodeName(static_cast<ErrorCode>(code))) error.code = static_cast<ErrorCode>(code);
  }
  // They come from the store: escaped and cut.
  if (const auto message = AsString(Find(json, "message"))) error.message = EscapeForLog(*message);
  if (const auto told = AsString(Find(json, "publicMessage"))) {
    error.public_message = EscapeForLog(*told);
  }
  if (const auto pause = AsInteger(Find(json, "retryAfter")); pause && *pause > 0) {
    error.retry_after = std::min(std::chrono::seconds(*pause), kLongestJobPause);
  }
  return error;
}

}  // namespace

std::string EncodeJob(const JobState& state) {
  Json json = Json::object();
  json["v"] = 1;
  json["phase"] = kPhaseNames.Of(state.phase);
  json["stage"] = state.stage;
  json["percent"] = state.percent;
  json["origin"] = state.origin;
  json["change"] = state.change;
  json["atMs"] = ToMillis(state.at);
  if (state.error) {
    Json error = Json::object();
    error["code"] = CodeName(state.error->code);
    error["message"] = state.error->message;
    if (!state.error->public_message.empty()) error["publicMessage"] = state.error->public_message;
    if (state.error->retry_after) error["retryAfter"] = state.error->retry_after->count();
    json["error"] = std::move(error);
  }
  return DumpJson(json);
}

std::optional<JobState> DecodeJob(std::string_view text) {
  const Result<Json> json = ParseJson(text, kJobLimits);
  if (!json || AsInteger(Find(*json, "v")) != 1) return std::nullopt;
  JobState state;
  const auto phase = AsString(Find(*json, "phase"));
  const auto stage = AsString(Find(*json, "stage"));
  const auto origin = AsString(Find(*json, "origin"));
  const auto change = AsInteger(Find(*json, "change"));
  const auto at = AsInteger(Find(*json, "atMs"));
  if (!phase || !stage || !origin || !change || *change < 0 || !at) return std::nullopt;
  bool known = false;
  for (const Phase one : {Phase::kRunning, Phase::kDone, Phase::kFailed}) {
    if (*phase == kPhaseNames.Of(one)) {
      state.phase = one;
      known = true;
    }
  }
  // It becomes a line of an event stream.
  const bool plain = std::all_of(origin->begin(), origin->end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (!known || !plain || origin->size() > 64) return std::nullopt;
  state.stage = *stage;
  state.percent = static_cast<int>(
      std::clamp<std::int64_t>(AsInteger(Find(*json, "percent")).value_or(0), 0, 100));
  state.origin = *origin;
  state.change = static_cast<std::uint64_t>(*change);
  state.at = FromMillis(*at);
  if (const Json* error = Find(*json, "error")) state.error = ErrorOf(*error);
  if (state.phase == Phase::kFailed && !state.error) state.error = ErrorOf(Json::object());
  return state;
}

}  // namespace vcache::cache
