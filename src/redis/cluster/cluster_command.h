#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vcache/core/result.h"
#include "vcache/redis/resp_client.h"

namespace vcache::redis {

/// The part of a command for one server.
struct CommandPart {
  RespCommand command;
  std::optional<std::uint16_t> slot;  ///< The slot of all its keys; empty without keys.
  std::vector<std::size_t> places;    ///< The positions of its keys in the whole command.
};

/// How the replies to the parts are merged.
enum class Merge {
  kOnly,     ///< There is one part.
  kInOrder,  ///< MGET: an element for each key.
  kSum,      ///< UNLINK: numbers.
  kScan,     ///< SCAN: one part, sent to one master after the other.
};

struct CommandPlan {
  Merge merge = Merge::kOnly;
  std::size_t places = 0;  ///< Keys of the whole command, if it was split.
  std::vector<CommandPart> parts;
};

/// Splits a command by the slots of its keys. Knows the commands without keys, and those with
/// several keys that this service sends: MGET; UNLINK, DEL, EXISTS; EVAL, EVALSHA. For every other
/// command the first argument is the key. kInternal when a script's keys are in several slots.
Result<CommandPlan> PlanCommand(const RespCommand& command);

/// Splits a part again, one key each.
std::vector<CommandPart> SplitByKey(const CommandPart& part);

/// The cursor of a SCAN over all masters: the version of the slot map at its start, the current
/// master, and that master's cursor. It begins with `0`.
struct ScanCursor {
  std::uint64_t version = 0;
  std::size_t master = 0;
  std::string inner = "0";

  static std::optional<ScanCursor> Parse(std::string_view text);
  std::string Text() const;
};

}  // namespace vcache::redis
