#include "vcache/analysis/logging_observer.h"

#include <string>

namespace vcache::analysis {
namespace {

using cache::CacheKey;
using cache::Counter;

/// ` for photo.jpg (a3f7b9c2e1d4...)`.
std::string About(const CacheKey& key, std::string_view file_name) {
  const std::string name = file_name.empty()
                               ? std::string(KindName(key.kind) == "text" ? "a text" : "a file")
                               : EscapeForLog(file_name);
  return " for " + name + " (" + key.digest.ToShortHex() + "...)";
}

double Dollars(std::int64_t micros) {
  return static_cast<double>(micros) / 1e6;
}

}  // namespace

void LoggingObserver::OnHit(const CacheKey& key, std::string_view file_name, cache::Tier tier,
                            std::int64_t saved_micros) {
  if (!logger_.Enabled(LogLevel::kInfo)) return;
  logger_.Info("Cache HIT" + About(key, file_name), {{"kind", KindName(key.kind)},
                                                     {"tier", TierName(tier)},
                                                     {"saved_usd", Dollars(saved_micros)}});
}

void LoggingObserver::OnMiss(const CacheKey& key, std::string_view file_name,
                             const cache::LookupResult& found) {
  if (!logger_.Enabled(LogLevel::kInfo)) return;
  const bool unavailable = found.outcome == cache::LookupOutcome::kUnavailable;
  logger_.Info("Cache MISS" + About(key, file_name),
               {{"kind", KindName(key.kind)}, {"store", unavailable ? "unavailable" : "answered"}});
}

void LoggingObserver::OnJoined(const CacheKey& key, std::string_view file_name,
                               std::int64_t saved_micros) {
  if (!logger_.Enabled(LogLevel::kInfo)) return;
  logger_.Info("Cache COALESCED" + About(key, file_name),
               {{"kind", KindName(key.kind)}, {"saved_usd", Dollars(saved_micros)}});
}

void LoggingObserver::OnLookup(const CacheKey& key, const cache::LookupResult& found,
                               std::int64_t spared_micros) {
  if (found.outcome != cache::LookupOutcome::kHit || !logger_.Enabled(LogLevel::kInfo)) return;
  logger_.Info("Look-up HIT" + About(key, {}), {{"kind", KindName(key.kind)},
                                                {"tier", TierName(found.tier)},
                                                {"spared_usd", Dollars(spared_micros)}});
}

void LoggingObserver::OnCorrupt(const CacheKey& key, std::string_view reason) {
  const std::string about = key.ToString();
  const std::string escaped = EscapeForLog(reason);
  logger_.Warn("An unreadable entry counts as a miss", {{"key", about}, {"reason", escaped}});
}

void LoggingObserver::OnPaid(const CacheKey& key, const cache::Counters& counters, bool kept) {
  const std::string digest = key.digest.ToShortHex();
  if (counters.total(Counter::kUnknownCharges) > 0) {
    logger_.Error(
        "A vendor may have charged for a call that brought no verdict; look the time up "
        "in the vendor's usage page",
        {{"kind", KindName(key.kind)}, {"digest", digest}});
  }
  if (counters.total(Counter::kPaidCalls) == 0) return;
  logger_.Info("Paid call finished", {{"kind", KindName(key.kind)},
                                      {"digest", digest},
                                      {"calls", counters.total(Counter::kPaidCalls)},
                                      {"cost_usd", Dollars(counters.total(Counter::kSpentMicros))},
                                      {"kept", kept}});
}

void LoggingObserver::OnNotKept(const CacheKey& key, const Error& error) {
  const std::string digest = key.digest.ToShortHex();
  logger_.Warn("A paid verdict could not be stored; the memory tier holds it for a while",
               {{"digest", digest}, {"code", CodeName(error.code)}, {"reason", error.message}});
}

void LoggingObserver::OnError(const CacheKey& key, const Error& error) {
  const std::string digest = key.digest.ToShortHex();
  logger_.Warn("Analysis failed", {{"kind", KindName(key.kind)},
                                   {"digest", digest},
                                   {"code", CodeName(error.code)},
                                   {"charge", ChargeName(error.charge)},
                                   {"reason", error.message}});
}

}  // namespace vcache::analysis
