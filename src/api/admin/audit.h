#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/routes.h"
#include "vcache/core/error.h"

namespace vcache::api {

/// What an administrator has changed, or tried to.
struct AdminChange {
  std::string_view action;     ///< Its name in the audit trail: `cache.clear`.
  LogMessage log_line;         ///< `Cache cleared`
  std::string_view target_is;  ///< The target's name in the log: `pattern`.
  std::string target{};
  std::string_view counted;  ///< The count's name in the log: `entries`.
  std::int64_t count = 0;
  const Error* failure = nullptr;  ///< Null: it was carried out.
};

/// Logs it and adds it to the audit trail, with who asked and from where. A warning, because a
/// change may make known contents cost money again: it must show at LOG_LEVEL=warn. Waits for the
/// store for 2 s at most; while that is away, the record waits in memory.
void NoteChange(const ApiState& state, const http::RequestInfo& request, const AdminChange& change);

}  // namespace vcache::api
