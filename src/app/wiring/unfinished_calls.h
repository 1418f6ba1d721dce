#pragma once

#include <memory>

#include "app/wiring/stores.h"
#include "vcache/cache/call_journal.h"
#include "vcache/cache/lease_store.h"
#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/metrics/statistics.h"

namespace vcache::app {

/// Opens the journal of paid calls beside the local store. Null without a local store, or when it
/// cannot open (logged); paid calls go on without it.
std::unique_ptr<cache::CallJournal> OpenJournal(const config::Settings& settings,
                                                const Stores& stores, Clock& clock, Logger& logger);

/// Logs the paid calls that crashed processes left unfinished, counts each with unknown charge, and
/// ends their leases in `leases`, which may be null.
/// Each is reported once, by the first process to start. Blocks at most for the time limits of the
/// journal and of the statistics. `journal` may be null.
void ReportUnfinishedCalls(cache::CallJournal* journal, metrics::Statistics& statistics,
                           cache::LeaseStore* leases, Clock& clock, Logger& logger);

}  // namespace vcache::app
