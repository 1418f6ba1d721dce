#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "vcache/api/api.h"
#include "vcache/cache/entry_store.h"
#include "vcache/core/result.h"

namespace vcache::api {

/// A longer line is none of an export's.
inline constexpr std::size_t kLongestImportLine = 512 * 1024;

/// What the last line of an export says.
struct ExportEnd {
  bool is_complete = false;
};

/// Reads one line of an export. Error: kBadRequest, with the reason why nothing of it is taken.
Result<std::variant<cache::EntryWrite, ExportEnd>> ReadImportLine(std::string_view line,
                                                                  const ApiOptions& options);

}  // namespace vcache::api
