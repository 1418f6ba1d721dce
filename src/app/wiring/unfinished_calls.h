#pragma once

#include <memory>

#include "app/wiring/stores.h"
#include "vcache/cache/call_journal.h"
#include "vcache/cache/counters.h"
#include "vcache/cache/lease_store.h"
#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"

namespace vcache::app {

/// Opens the journal of paid calls beside the local store. Null without a local store, or when it
/// cannot open (logged); paid calls go on without it.
std::unique_ptr<cache::CallJournal> OpenJournal(const config::Settings& settings,
                                                const Stores& stores, Clock& clock, Logger& logger);

/// Logs the paid calls that crashed processes left unfinished, and counts each with unknown charge,
/// under its own id, and ends their leases in `leases`, which may be null. A call that cannot be
/// counted stays in the journal for the next start. Each is reported once, by the first process to
/// start. Blocks for a few seconds at most. `journal` may be null, and without a journal `counters`
/// too.
void ReportUnfinishedCalls(cache::CallJournal* journal, cache::CounterStore* counters,
                           cache::LeaseStore* leases, Clock& clock, Logger& logger);

}  // namespace vcache::app
