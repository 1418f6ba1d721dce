#pragma once

#include "json/json.h"
#include "vcache/core/result.h"
#include "vcache/core/time_text.h"
#include "vcache/core/verdict.h"

namespace vcache {

/// The fields of a verdict in their fixed order (`aiScore`, `isAi`, `confidence`, `verdict`,
/// `provider`, `sources`, `consensus`, ...), as entries and answers both start with.
/// Specified in docs/cache-format.md.
Json VerdictToJson(const Verdict& verdict);

/// Reads what `VerdictToJson` wrote, and the plain entries of other software: only `aiScore` is
/// required. kStoreCorrupt when the score is missing or no number of 0 to 100.
/// Other fields of a wrong type are taken as absent: they decide nothing.
Result<Verdict> VerdictFromJson(const Json& object);

/// The text of `FormatTime`; null for `WallTime{}`, which stands for an unknown time.
Json TimeToJson(WallTime time);

}  // namespace vcache
