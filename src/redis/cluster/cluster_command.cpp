#include "redis/cluster/cluster_command.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "redis/cluster/slot_map.h"
#include "vcache/core/parse_number.h"

namespace vcache::redis {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 10> kWithoutKeys = {
    "PING", "INFO", "CLUSTER", "SCRIPT", "TIME", "PUBLISH", "CONFIG", "DBSIZE", "ECHO", "COMMAND"};
constexpr std::array<std::string_view, 3> kSummed = {"UNLINK", "DEL", "EXISTS"};

template <std::size_t kSize>
bool IsOneOf(const std::array<std::string_view, kSize>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// For commands whose words after the name are all keys.
CommandPlan PartBySlot(const RespCommand& command, Merge merge) {
  CommandPlan plan;
  plan.merge = merge;
  plan.places = command.words.size() - 1;
  std::map<std::uint16_t, std::size_t> part_of;
  for (std::size_t i = 0; i < plan.places; ++i) {
    const std::string& key = command.words[i + 1];
    const std::uint16_t slot = KeySlot(key);
    const auto [found, is_new] = part_of.try_emplace(slot, plan.parts.size());
    if (is_new) plan.parts.push_back({{{command.words[0]}, command.limits}, slot, {}});
    CommandPart& part = plan.parts[found->second];
    part.command.words.push_back(key);
    part.places.push_back(i);
  }
  return plan;
}

CommandPlan Whole(const RespCommand& command, std::optional<std::uint16_t> slot) {
  CommandPlan plan;
  plan.parts.push_back({command, slot, {}});
  return plan;
}

/// `EVALSHA digest count key ...`
Result<CommandPlan> PlanScript(const RespCommand& command) {
  const Words& words = command.words;
  const std::size_t count = words.size() >= 3 ? ParseNumber<std::size_t>(words[2]).value_or(0) : 0;
  if (count == 0 || count > words.size() - 3) return Whole(command, std::nullopt);
  const std::span<const std::string> keys(&words[3], count);
  const std::uint16_t slot = KeySlot(keys.front());
  for (const std::string& key : keys) {
    if (KeySlot(key) == slot) continue;
    return Error{ErrorCode::kInternal, "the keys of a script lie in several slots of the cluster"};
  }
  return Whole(command, slot);
}

}  // namespace

Result<CommandPlan> PlanCommand(const RespCommand& command) {
  const Words& words = command.words;
  if (words.empty()) return Error{ErrorCode::kInternal, "a command without a name"};
  const std::string& name = words[0];
  if (name == "EVALSHA" || name == "EVAL") return PlanScript(command);
  if (name == "SCAN") {
    CommandPlan plan = Whole(command, std::nullopt);
    plan.merge = Merge::kScan;
    return plan;
  }
  if (words.size() < 2 || IsOneOf(kWithoutKeys, name)) return Whole(command, std::nullopt);
  if (name == "MGET") return PartBySlot(command, Merge::kInOrder);
  if (IsOneOf(kSummed, name)) return PartBySlot(command, Merge::kSum);
  return Whole(command, KeySlot(words[1]));
}

std::vector<CommandPart> SplitByKey(const CommandPart& part) {
  std::vector<CommandPart> single;
  for (std::size_t i = 0; i < part.places.size(); ++i) {
    single.push_back({{{part.command.words[0], part.command.words[i + 1]}, part.command.limits},
                      part.slot,
                      {part.places[i]}});
  }
  return single;
}

std::optional<ScanCursor> ScanCursor::Parse(std::string_view text) {
  ScanCursor cursor;
  if (text == "0") return cursor;
  const std::size_t first = text.find('-');
  const std::size_t second = text.find('-', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const auto read = [](std::string_view digits, auto& number) {
    const auto parsed = ParseNumber<std::decay_t<decltype(number)>>(digits);
    if (parsed) number = *parsed;
    return parsed.has_value();
  };
  if (!read(text.substr(0, first), cursor.version) ||
      !read(text.substr(first + 1, second - first - 1), cursor.master)) {
    return std::nullopt;
  }
  cursor.inner = text.substr(second + 1);
  return cursor;
}

std::string ScanCursor::Text() const {
  return std::to_string(version) + "-" + std::to_string(master) + "-" + inner;
}

}  // namespace vcache::redis
