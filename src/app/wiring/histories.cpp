#include "app/wiring/histories.h"

#include "vcache/cache/redis/redis_history.h"
#include "vcache/cache/sqlite/sqlite_history.h"

namespace vcache::app {

std::unique_ptr<cache::HistoryStore> OpenHistory(const config::Settings& settings,
                                                 const Stores& stores, Clock& clock,
                                                 Logger& logger) {
  const cache::HistoryLimits limits{settings.history.entries, settings.history.life};
  if (limits.entries == 0) return nullptr;
  if (stores.link.client != nullptr) {
    return cache::MakeRedisHistory(limits, KeySpaceOf(settings), *stores.link.client, clock);
  }
  if (stores.local == nullptr) return nullptr;
  auto opened = cache::OpenSqliteHistory({.directory = settings.cache.directory, .limits = limits},
                                         KeySpaceOf(settings), clock);
  if (opened) return *std::move(opened);
  logger.Error("No histories are kept", {{"reason", opened.error().message}});
  return nullptr;
}

std::unique_ptr<api::History> HistoryOf(const config::Settings& settings,
                                        cache::HistoryStore* store, Clock& clock, Logger& logger) {
  if (store == nullptr) return nullptr;
  const api::HistoryOptions options{.entries = settings.history.entries,
                                    .file_names = settings.history.file_names};
  return std::make_unique<api::History>(options, *store, clock, logger);
}

}  // namespace vcache::app
