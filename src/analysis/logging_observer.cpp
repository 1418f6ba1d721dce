#include "vcache/analysis/logging_observer.h"

#include <string>
#include <vector>

namespace vcache::analysis {

using cache::CacheKey;
using cache::Counter;

std::string LoggingObserver::DigestOf(const CacheKey& key) const {
  return keys_.StoredDigest(key).ToShortHex();
}

/// One line for one content. A text has no file name.
void LoggingObserver::Tell(LogMessage message, const CacheKey& key, std::string_view file_name,
                           std::initializer_list<LogField> more) const {
  if (!logger_.Enabled(LogLevel::kInfo)) return;
  const std::string name = CutForLog(file_name);
  const std::string digest = DigestOf(key);
  std::vector<LogField> fields;
  if (!name.empty()) fields.push_back({"file", name});
  fields.insert(fields.end(), {{"kind", KindName(key.kind)}, {"digest", digest}});
  fields.insert(fields.end(), more);
  logger_.Log(LogLevel::kInfo, message, fields);
}

void LoggingObserver::OnHit(const CacheKey& key, std::string_view file_name, cache::Tier tier,
                            Usd saved) {
  Tell("Cache HIT", key, file_name, {{"tier", TierName(tier)}, {"saved_usd", saved.dollars()}});
}

void LoggingObserver::OnMiss(const CacheKey& key, std::string_view file_name,
                             const cache::LookupResult& found) {
  const bool unavailable = found.outcome == cache::LookupOutcome::kUnavailable;
  Tell("Cache MISS", key, file_name, {{"store", unavailable ? "unavailable" : "answered"}});
}

void LoggingObserver::OnJoined(const CacheKey& key, std::string_view file_name, Usd saved) {
  Tell("Cache COALESCED", key, file_name, {{"saved_usd", saved.dollars()}});
}

void LoggingObserver::OnShadow(const CacheKey& key, std::string_view file_name, bool is_hit,
                               Usd saved) {
  Tell("Cache BYPASS", key, file_name,
       {{"would_be", is_hit ? "hit" : "miss"}, {"would_save_usd", saved.dollars()}});
}

void LoggingObserver::OnLookup(const CacheKey& key, const cache::LookupResult& found, Usd spared) {
  if (found.outcome != cache::LookupOutcome::kHit) return;
  Tell("Look-up HIT", key, {}, {{"tier", TierName(found.tier)}, {"spared_usd", spared.dollars()}});
}

void LoggingObserver::OnCorrupt(const CacheKey& key, std::string_view reason) {
  const std::string stored_as = keys_.NameOf(key);
  logger_.Warn("An unreadable entry counts as a miss", {{"key", stored_as}, {"reason", reason}});
}

void LoggingObserver::OnPaid(const CacheKey& key, const cache::Counters& counters, bool kept) {
  const std::string digest = DigestOf(key);
  if (counters.total(Counter::kUnknownCharges) > 0) {
    logger_.Error(
        "A vendor may have charged for a call that brought no verdict; look the time up "
        "in the vendor's usage page",
        {{"kind", KindName(key.kind)}, {"digest", digest}});
  }
  // `kept` is true only when the verdict is in the store.
  if (kept && stores_nothing_.exchange(false)) {
    logger_.Info("Paid verdicts are stored again");
  }
  if (counters.total(Counter::kPaidCalls) == 0) return;
  logger_.Info("Paid call finished",
               {{"kind", KindName(key.kind)},
                {"digest", digest},
                {"calls", counters.total(Counter::kPaidCalls)},
                {"cost_usd", Usd::FromMicros(counters.total(Counter::kSpentMicros)).dollars()},
                {"kept", kept}});
}

void LoggingObserver::OnNotStored(const CacheKey& key, const Error& error) {
  const std::string digest = DigestOf(key);
  logger_.Debug("A paid verdict was not stored",
                {{"digest", digest}, {"code", CodeName(error.code)}, {"reason", error.message}});
  if (stores_nothing_.exchange(true)) return;
  logger_.Warn("Paid verdicts cannot be stored; the memory tier holds them for a while",
               {{"code", CodeName(error.code)}, {"reason", error.message}});
}

void LoggingObserver::OnError(const CacheKey& key, const Error& error) {
  const std::string digest = DigestOf(key);
  logger_.Warn("Analysis failed", {{"kind", KindName(key.kind)},
                                   {"digest", digest},
                                   {"code", CodeName(error.code)},
                                   {"charge", ChargeName(error.charge)},
                                   {"reason", error.message}});
}

}  // namespace vcache::analysis
