#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/stats_keys.h"
#include "vcache/cache/counters.h"
#include "vcache/core/result.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

/// Writes an entry and a paid call's counts, and ends the lease if it is ours, all or nothing:
/// EVALSHA and three commands inside (one more when somebody waits for the news).
/// KEYS: the entry, the lease, `stats:counters` (left out without counts). ARGV: value, life in
/// seconds, `PendingField` and `PendingCounts` (or both empty), the lease's token (or empty), its
/// life in milliseconds, channel, message.
const redis::RespScript& KeepScript();

/// Moves what is pending to the totals and to the hashes of hours and days: EVALSHA and at most
/// nine commands inside when one hour is pending. KEYS: `stats:counters`, alone or with the hashes
/// of those hours and days that are to be folded. ARGV: `FoldArguments`. With `ResetArguments` the
/// totals begin anew, and the reply is what `stats:counters` held.
const redis::RespScript& FoldScript();
std::vector<std::string> FoldArguments(const SumKeys& keys, WallTime now);
std::vector<std::string> ResetArguments(const SumKeys& keys, WallTime now);
/// `2026-11-21T10` of a `PendingField`; empty for any other field.
std::string HourOfPending(std::string_view field);

/// The field of `stats:counters` in which the counts of one write wait, and its value:
/// `pending:2026-11-21T10:<id>`, `text:paid_calls=1,text:spent_micros=5000`.
std::string PendingField(WallTime when, std::string_view id);
std::string PendingCounts(const Counters& delta);

/// Totals of `stats:counters` and of the day's hash (both as HGETALL gives them), what is pending
/// included.
CounterTotals TotalsOf(const redis::RespReply& totals, const redis::RespReply& day, WallTime now);

/// Reads what is pending and the hashes of hours or days, all at one moment: EVALSHA and one
/// command inside for each key. KEYS: `stats:counters`, then `KeysOf` the range.
const redis::RespScript& RangeScript();
/// What that script answered; empty for another reply. What is pending is added to its hour or day.
std::optional<CounterSeries> SeriesOf(const redis::RespReply& reply, const CounterRange& range);

}  // namespace vcache::cache
