#pragma once

#include <memory>

#include "app/wiring/stores.h"
#include "vcache/api/history.h"
#include "vcache/cache/history_store.h"

namespace vcache::app {

/// Where users' histories are: in the shared store, else in the local one. Null without both, when
/// none are to be kept, or when the local store cannot be opened (logged). Client and clock must
/// outlive it.
std::unique_ptr<cache::HistoryStore> OpenHistory(const config::Settings& settings,
                                                 const Stores& stores, Clock& clock,
                                                 Logger& logger);

/// Null without a store. All must outlive it.
std::unique_ptr<api::History> HistoryOf(const config::Settings& settings,
                                        cache::HistoryStore* store, Clock& clock, Logger& logger);

}  // namespace vcache::app
