#pragma once

#include <memory>

#include "app/wiring/stores.h"
#include "vcache/api/history.h"
#include "vcache/cache/history_store.h"

namespace vcache::app {

/// Both null: none is kept.
struct KeptHistory {
  std::unique_ptr<cache::HistoryStore> store;
  std::unique_ptr<api::History> history;
};

/// Histories are in the shared store, else in the local one. None is kept without both, when none
/// is wanted, or when the local store cannot be opened (logged). Stores, clock and logger must
/// outlive it.
KeptHistory OpenUserHistories(const config::Settings& settings, const Stores& stores, Clock& clock,
                              Logger& logger);
/// The same for what administrators change.
KeptHistory OpenAuditTrail(const config::Settings& settings, const Stores& stores, Clock& clock,
                           Logger& logger);

}  // namespace vcache::app
