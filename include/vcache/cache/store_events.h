#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcache::cache {

/// What a replica tells the others over `vcache:events`. docs/cache-format.md specifies the JSON.
struct StoreEvent {
  enum class Kind {
    kStored,         ///< A verdict was stored under `subject`, an entry's name.
    kReleased,       ///< The call for `subject`, an entry's name, ended without one.
    kCleared,        ///< What matches `subject`, a pattern, was cleared.
    kCountersReset,  ///< The counters begin anew.
  };

  Kind kind = Kind::kStored;
  std::string subject;
};

/// The channel's name behind the key prefix.
inline constexpr std::string_view kEventChannel = "vcache:events";

std::string EncodeEvent(const StoreEvent& event);
/// Empty for what is no event of ours: anybody may publish there, and newer versions say more.
std::optional<StoreEvent> DecodeEvent(std::string_view message);

}  // namespace vcache::cache
