#pragma once

#include "json/json.h"
#include "vcache/core/result.h"
#include "vcache/core/time_text.h"
#include "vcache/core/verdict.h"

namespace vcache {

/// The fields of a verdict in their fixed order (`aiScore`, `isAi`, `confidence`, ...), for entries
/// and answers. Specified in docs/cache-format.md.
Json VerdictToJson(const Verdict& verdict);

/// Reads what `VerdictToJson` wrote, and plain entries of other software: only `aiScore` is
/// required. kStoreCorrupt when it is missing or not a number from 0 to 100. Other fields of a
/// wrong type read as absent.
Result<Verdict> VerdictFromJson(const Json& object);

/// `FormatTime`; null for `WallTime{}`, an unknown time.
Json TimeToJson(WallTime time);

}  // namespace vcache
