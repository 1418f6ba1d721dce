#include "app/wiring/histories.h"

#include <utility>

#include "vcache/cache/redis/redis_history.h"
#include "vcache/cache/sqlite/sqlite_history.h"

namespace vcache::app {
namespace {

std::unique_ptr<cache::HistoryStore> OpenHistoryStore(const cache::HistoryLimits& limits,
                                                      const config::Settings& settings,
                                                      const Stores& stores, Clock& clock,
                                                      Logger& logger) {
  if (limits.entries == 0) return nullptr;
  if (stores.link.client != nullptr) {
    return cache::MakeRedisHistory(limits, KeySpaceOf(settings), *stores.link.client, clock);
  }
  if (stores.local == nullptr) return nullptr;
  auto opened = cache::OpenSqliteHistory({.directory = settings.cache.directory, .limits = limits},
                                         KeySpaceOf(settings), clock);
  if (opened) return *std::move(opened);
  logger.Error("A history cannot be kept",
               {{"family", limits.family}, {"reason", opened.error().message}});
  return nullptr;
}

KeptHistory OpenKept(const cache::HistoryLimits& limits, api::HistoryOptions options,
                     const config::Settings& settings, const Stores& stores, Clock& clock,
                     Logger& logger) {
  KeptHistory kept{OpenHistoryStore(limits, settings, stores, clock, logger), nullptr};
  if (kept.store == nullptr) return kept;
  options.entries = limits.entries;
  kept.history = std::make_unique<api::History>(std::move(options), *kept.store, clock, logger);
  return kept;
}

}  // namespace

KeptHistory OpenUserHistories(const config::Settings& settings, const Stores& stores, Clock& clock,
                              Logger& logger) {
  return OpenKept({.entries = settings.history.entries, .life = settings.history.life},
                  {.file_names = settings.history.file_names}, settings, stores, clock, logger);
}

KeptHistory OpenAuditTrail(const config::Settings& settings, const Stores& stores, Clock& clock,
                           Logger& logger) {
  return OpenKept(
      {.entries = settings.audit.entries, .life = settings.audit.life, .family = "audit"},
      {.name = "audit trail"}, settings, stores, clock, logger);
}

}  // namespace vcache::app
