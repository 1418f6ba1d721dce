#include "vcache/cache/store_events.h"

#include <array>
#include <utility>

#include "json/json.h"

namespace vcache::cache {
namespace {

using Kind = StoreEvent::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 5> kEventNames{{
    {Kind::kStored, "stored"},
    {Kind::kReleased, "released"},
    {Kind::kCleared, "cleared"},
    {Kind::kCountersReset, "counters reset"},
    {Kind::kDataLost, "data lost"},
}};
/// The longest subject is a pattern of 128 characters.
constexpr JsonLimits kEventLimits{.max_bytes = 4096, .max_depth = 4, .max_values = 64};

/// Whether the event is about a key or a pattern.
bool HasSubject(Kind kind) {
  return kind != Kind::kCountersReset && kind != Kind::kDataLost;
}

std::string_view SubjectName(Kind kind) {
  return kind == Kind::kCleared ? "pattern" : "key";
}

}  // namespace

std::string EventChannel(std::string_view prefix, int database) {
  std::string channel = std::string(prefix) + "vcache:events";
  if (database != 0) channel += "@" + std::to_string(database);
  return channel;
}

std::string EncodeEvent(const StoreEvent& event) {
  Json json = Json::object();
  for (const auto& [kind, name] : kEventNames) {
    if (kind == event.kind) json["event"] = name;
  }
  if (HasSubject(event.kind)) {
    json[std::string(SubjectName(event.kind))] = event.subject;
  }
  if (event.clears) json["clears"] = *event.clears;
  return DumpJson(json);
}

std::optional<StoreEvent> DecodeEvent(std::string_view message) {
  const Result<Json> json = ParseJson(message, kEventLimits);
  if (!json) return std::nullopt;
  const std::optional<std::string> name = AsString(Find(*json, "event"));
  for (const auto& [kind, known] : kEventNames) {
    if (name != known) continue;
    if (!HasSubject(kind)) return StoreEvent{kind, {}};
    std::optional<std::string> subject = AsString(Find(*json, SubjectName(kind)));
    if (!subject) return std::nullopt;
    return StoreEvent{kind, *std::move(subject), AsInteger(Find(*json, "clears"))};
  }
  return std::nullopt;
}

}  // namespace vcache::cache
