#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vcache/cache/counters.h"
#include "vcache/core/result.h"
#include "vcache/net/resp_client.h"

namespace vcache::cache {

/// Writes an entry and adds counters, all or nothing: EVALSHA and three commands inside.
/// KEYS: the entry, `stats:counters`. ARGV: value, life in seconds, then `CounterArguments`.
const net::RespScript& KeepScript();

/// Adds counters and moves what is pending to the hashes of hours and days: EVALSHA and at most
/// nine commands inside when one hour is pending. KEYS: `stats:counters`.
/// ARGV: prefix, life of a day and of an hour in seconds, then `CounterArguments`.
const net::RespScript& AddScript();

/// Now in milliseconds, the hour `YYYY-MM-DDTHH` of `when`, then a field and a number for each
/// counter that is not 0.
std::vector<std::string> CounterArguments(const Counters& delta, WallTime now, WallTime when);

/// Totals of `stats:counters` and of the day's hash (both as HGETALL gives them), what is pending
/// for that day included.
CounterTotals TotalsOf(const net::RespReply& totals, const net::RespReply& day, WallTime now);

}  // namespace vcache::cache
