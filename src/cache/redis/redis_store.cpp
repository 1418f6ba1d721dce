#include "vcache/cache/redis/redis_store.h"

#include <algorithm>
#include <utility>

#include "cache/redis/redis_limits.h"
#include "cache/redis/redis_refusal.h"
#include "cache/redis/redis_scripts.h"
#include "cache/redis/redis_verdict_store.h"
#include "cache/times.h"
#include "vcache/core/parse_number.h"
#include "vcache/core/random_id.h"

namespace vcache::cache {
namespace {

using redis::RespCommand;
using redis::RespErrorKind;
using redis::RespReply;

constexpr std::size_t kMaxBatchBytes = 64 * 1024 * 1024;

/// The new life of another's lease that the end of ours took away by mistake: its owner ends it, or
/// renews it in time.
constexpr std::chrono::milliseconds kForeignLeaseLife = std::chrono::seconds(40);
/// For the event after a clear, even one that ran out of time.
constexpr std::chrono::milliseconds kTellTime{1'000};

}  // namespace

LookupResult UnavailableInRedis(std::string reason) {
  LookupResult result;
  result.outcome = LookupOutcome::kUnavailable;
  result.tier = Tier::kRedis;
  result.reason = std::move(reason);
  return result;
}

LookupResult RedisVerdictStore::Decode(const CacheKey& key, const std::string& value) const {
  LookupResult result;
  result.tier = Tier::kRedis;
  Result<Entry> entry = DecodeEntry(value, key, options_.accept_demo, keys_.StoredDigest(key));
  if (!entry) {
    if (entry.error().code == ErrorCode::kNotCached) return result;
    result.outcome = LookupOutcome::kCorrupt;
    result.reason = entry.error().message;
    result.newer = entry.error().code == kNewerVersion;
    return result;
  }
  result.outcome = LookupOutcome::kHit;
  result.write_id = std::exchange(entry->write_id, {});
  result.ttl = options_.foreign_ttl;
  result.life_known = entry->expires_at.has_value();
  if (const auto expires_at = std::exchange(entry->expires_at, std::nullopt)) {
    // The server still has it, so it is alive, whatever our clock says.
    const auto left = std::chrono::floor<std::chrono::milliseconds>(*expires_at - clock_.WallNow());
    if (entry->verdict.partial && left.count() <= 0) {  // only its answers are kept
      result.outcome = LookupOutcome::kMiss;
      result.earlier = std::make_shared<const Entry>(*std::move(entry));
      return result;
    }
    result.ttl = std::max(left, std::chrono::milliseconds(1));
  }
  result.entry = std::make_shared<const Entry>(*std::move(entry));
  return result;
}

LookupResult RedisVerdictStore::Judge(const CacheKey& key, const RespReply& reply) const {
  LookupResult result;
  result.tier = Tier::kRedis;
  if (reply.nil()) return result;
  if (reply.is_text()) return Decode(key, reply.text);
  if (reply.error_kind() != RespErrorKind::kWrongType)
    return UnavailableInRedis(RedisRefused(reply).message);
  result.outcome = LookupOutcome::kCorrupt;
  result.reason = "The key holds something other than a string.";
  return result;
}

LookupResult RedisVerdictStore::Lookup(const CacheKey& key, Deadline deadline) {
  const RespCommand get{{"GET", keys_.StoreKey(key)}, {kMaxValueBytes, 0}};
  const auto reply = client_.Run(get, deadline);
  if (!reply) return UnavailableInRedis(reply.error().message);
  LookupResult result = Judge(key, *reply);
  AskForLives({&key, 1}, {&result, 1}, deadline);
  return result;
}

/// Entries of other software do not hold their life: ask the server, one command each. Without an
/// end or an answer, the entry is read again soon.
void RedisVerdictStore::AskForLives(std::span<const CacheKey> keys, std::span<LookupResult> results,
                                    Deadline deadline) const {
  std::vector<RespCommand> commands;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].outcome != LookupOutcome::kHit || results[i].life_known) continue;
    commands.push_back({{"PTTL", keys_.StoreKey(keys[i])}, {}});
    places.push_back(i);
  }
  if (commands.empty()) return;
  const auto replies = client_.Run(commands, deadline);
  if (!replies) return;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const RespReply& reply = replies->at(i);
    if (reply.type != RespReply::Type::kInteger || reply.integer <= 0) continue;
    LookupResult& result = results[places[i]];
    result.ttl =
        std::min<std::chrono::milliseconds>(std::chrono::milliseconds(reply.integer), kLongestLife);
    result.life_known = true;
  }
}

std::vector<LookupResult> RedisVerdictStore::LookupMany(std::span<const CacheKey> keys,
                                                        Deadline deadline) {
  if (keys.empty()) return {};
  RespCommand mget{{"MGET"}, {std::min(kMaxValueBytes * keys.size(), kMaxBatchBytes), keys.size()}};
  for (const CacheKey& key : keys) mget.words.push_back(keys_.StoreKey(key));
  const auto reply = client_.Run(mget, deadline);
  if (!reply) return {keys.size(), UnavailableInRedis(reply.error().message)};
  if (!reply->is_array() || reply->elements.size() != keys.size()) {
    return {keys.size(), UnavailableInRedis(RedisRefused(*reply).message)};
  }
  std::vector<LookupResult> results;
  results.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    results.push_back(Judge(keys[i], reply->elements[i]));
  }
  AskForLives(keys, results, deadline);
  return results;
}

/// The outcome of a write. With an `id` only that reply is a success, else any integer. Logs once
/// that the server takes no writes, and once that it takes them again.
Result<void> RedisVerdictStore::Written(const Result<RespReply>& reply, std::string_view id) {
  if (!reply) return reply.error();
  const bool refused = reply->is_error();
  if (takes_writes_.exchange(!refused) == refused) {
    if (refused) {
      logger_.Warn("Redis takes no new verdicts", {{"reason", RedisWords(*reply)}});
    } else {
      logger_.Info("Redis takes new verdicts again");
    }
  }
  if (refused) return RedisRefused(*reply);
  const bool done =
      id.empty() ? reply->type == RespReply::Type::kInteger : reply->is_text() && reply->text == id;
  if (!done) return Error{ErrorCode::kStoreUnavailable, "Redis answers nonsense to a write."};
  return {};
}

/// The outcome of a script that writes a verdict and its cost. Logs once that nothing is counted.
Result<void> RedisVerdictStore::PaidWritten(Result<RespReply> reply, const std::string& id) {
  if (!reply || !reply->is_text() || reply->text != id + std::string(kUncounted)) {
    return Written(reply, id);
  }
  if (counts_.exchange(false)) {
    logger_.Error(
        "Costs are not counted: the key of the counters holds something other than a hash. Rename "
        "or remove it",
        {{"key", sums_.Totals()}});
  }
  return {};
}

Result<void> RedisVerdictStore::Put(const PutRequest& request, Deadline deadline) {
  if (Result<void> valid = CheckPut(request); !valid) return valid;
  const std::chrono::seconds life =
      std::min(std::max(request.ttl, request.answers_ttl), kLongestLife);
  const WallTime now = clock_.WallNow();
  Entry entry = *request.entry;
  entry.expires_at = now + std::min(request.ttl, kLongestLife);
  const std::string id = request.id.empty() ? RandomId() : request.id;
  if (!request.counters.empty()) entry.write_id = id;
  const std::string key = keys_.StoreKey(entry.key);
  std::string value = EncodeEntry(entry, options_.format, keys_.StoredDigest(entry.key));
  const std::string seconds = std::to_string(life.count());
  if (request.counters.empty() && request.lease_token.empty()) {
    return Written(client_.Run({{"SET", key, std::move(value), "EX", seconds}, {}}, deadline),
                   "OK");
  }
  // In a cluster a script may touch one slot only: the counts follow in a second step.
  const bool counts_inside = !request.counters.empty() && !options_.one_slot_scripts;
  const StoreEvent stored{StoreEvent::Kind::kStored, keys_.NameOf(entry.key)};
  const std::vector<std::string> arguments = {
      std::move(value),
      seconds,
      counts_inside ? PendingField(now, id) : std::string(),
      counts_inside ? PendingCounts(request.counters) : std::string(),
      request.lease_token,
      std::to_string(kForeignLeaseLife.count()),
      Channel(),
      EncodeEvent(stored),
      id};
  std::vector<std::string> keys = {key};
  // Only a key that is used: while its slot moves, a cluster refuses two of which one is missing.
  if (counts_inside || !request.lease_token.empty())
    keys.push_back(LeaseKey(keys_, keys_.NameOf(entry.key)));
  if (counts_inside) keys.push_back(sums_.Totals());
  Result<void> kept = PaidWritten(KeepScript().Run(client_, keys, arguments, deadline), id);
  if (kept && counts_inside) counters_.NotePending();
  if (!kept || counts_inside || request.counters.empty()) return kept;
  return Written(counters_.Count({request.counters, now, request.id}, deadline), request.id);
}

Result<void> RedisVerdictStore::HoldBack(const CacheKey& key, const ChargedFailure& failure,
                                         Deadline deadline) {
  const auto life = std::chrono::ceil<std::chrono::seconds>(failure.until - clock_.WallNow()) +
                    std::chrono::seconds(kLongestChargedPause);
  return Written(client_.Run({{"SET", keys_.FailureKey(key), EncodeChargedFailure(failure), "EX",
                               std::to_string(life.count())},
                              {}},
                             deadline),
                 "OK");
}

Result<ClearReport> RedisVerdictStore::Clear(const KeyPattern& pattern, ClearMode mode,
                                             Deadline deadline) {
  const RedisClearContext context{keys_, client_, clock_, options_.scan_page};
  if (mode == ClearMode::kDryRun) return ClearRedis(context, pattern, mode, deadline);
  // Count first: a replica that connects during the clear must see that something happened. A full
  // server cannot count before it is cleared, but it can afterwards.
  const ClearRecord clear{pattern, clock_.WallNow()};
  const auto counted = CountAndLogClear(client_, sums_, clear, deadline);
  if (!counted) {
    return Error{ErrorCode::kStoreUnavailable,
                 "Redis was not cleared (" + counted.error().message + "). Clear again."};
  }
  Result<ClearReport> cleared = ClearRedis(context, pattern, mode, deadline);
  const Deadline telling = Deadline::After(clock_, kTellTime);
  const auto again =
      counted->is_error() ? CountAndLogClear(client_, sums_, clear, telling) : counted;
  StoreEvent event{StoreEvent::Kind::kCleared, pattern.text()};
  if (again && again->is_text()) event.clears = ParseNumber<std::int64_t>(again->text);
  const auto told = client_.Run({{"PUBLISH", Channel(), EncodeEvent(event)}, {}}, telling);
  (void)told;  // a replica that missed it sees the count when it connects again
  return cleared;
}

Result<void> RedisVerdictStore::Add(const CounterWrite& write, Deadline deadline) {
  if (write.delta.empty()) return {};
  return Written(counters_.Add(write, deadline), sums_.in_cluster ? write.id : std::string_view());
}

Result<CounterTotals> RedisVerdictStore::ResetTotals(WallTime now, Deadline deadline) {
  Result<CounterTotals> ended = counters_.Reset(now, deadline);
  if (!ended) return ended;
  const std::string event = EncodeEvent({StoreEvent::Kind::kCountersReset, {}});
  const auto told =
      client_.Run({{"PUBLISH", Channel(), event}, {}}, Deadline::After(clock_, kTellTime));
  (void)told;  // who missed it shows the old totals in an outage until it has read the new ones
  return ended;
}

Result<void> RedisVerdictStore::Deliver(const PendingWrite& write, Deadline deadline) {
  const DeliveryOptions options = Delivery();
  const Result<DeliveryPlan> plan = PlanDelivery(options, write, deadline);
  if (!plan) return plan.error();
  if (plan->is_there && !options_.one_slot_scripts) return {};
  const Result<RespReply> reply = RunDelivery(options, write, *plan, deadline);
  if (reply && reply->is_text() && reply->text == kDeliveryChanged) {
    return Error{ErrorCode::kStoreUnavailable, "The entry changed while it was looked at."};
  }
  Result<void> written = PaidWritten(reply, write.id);
  const RespErrorKind kind = reply ? reply->error_kind() : RespErrorKind::kNone;
  if (kind != RespErrorKind::kTooLarge && kind != RespErrorKind::kWrongType) return written;
  return Error{ErrorCode::kBadRequest, written.error().message};
}

std::unique_ptr<RedisStore> MakeRedisStore(RedisStoreOptions options, KeySpace keys,
                                           redis::RespClient& client, Clock& clock,
                                           Logger& logger) {
  // A zstd frame is not text: such a client could not send it.
  if (!client.takes_any_bytes()) options.format.compress_min_bytes = SIZE_MAX;
  return std::make_unique<RedisVerdictStore>(std::move(options), std::move(keys), client, clock,
                                             logger);
}

}  // namespace vcache::cache
