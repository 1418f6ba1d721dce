#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vcache/core/result.h"
#include "vcache/redis/resp_client.h"

namespace vcache::redis {

/// A piece of a command that one server can carry out.
struct CommandPart {
  RespCommand command;
  std::optional<std::uint16_t> slot;  ///< Of all its keys; empty when it has none.
  std::vector<std::size_t> places;    ///< Of its keys among those of the whole command.
};

/// How the replies to the parts make the reply to the whole.
enum class Merge {
  kOnly,     ///< There is one part.
  kInOrder,  ///< MGET: an element for each key.
  kSum,      ///< UNLINK: numbers.
  kScan,     ///< SCAN: one part, for one master after the other.
};

struct CommandPlan {
  Merge merge = Merge::kOnly;
  std::size_t places = 0;  ///< Keys of the whole command, where it was parted.
  std::vector<CommandPart> parts;
};

/// Parts a command by the slots of its keys. Knows the commands with several keys that this
/// service sends (MGET; UNLINK, DEL, EXISTS; EVAL, EVALSHA) and those without any; of every other
/// the first argument is the key. kInternal when a script's keys lie in several slots.
Result<CommandPlan> PlanCommand(const RespCommand& command);

/// The same part, a key at a time.
std::vector<CommandPart> SplitByKey(const CommandPart& part);

/// The cursor of a SCAN over all masters: which map of the slots it began with, which master it is
/// at, and the cursor there. `0` begins, as with one server.
struct ScanCursor {
  std::uint64_t version = 0;
  std::size_t master = 0;
  std::string inner = "0";

  static std::optional<ScanCursor> Parse(std::string_view text);
  std::string Text() const;
};

}  // namespace vcache::redis
