#pragma once

#include <memory>

#include "app/wiring/stores.h"
#include "vcache/cache/call_journal.h"
#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/metrics/statistics.h"

namespace vcache::app {

/// The journal of paid calls beside the local store; null without one, or when it cannot be opened
/// (logged): calls go on without.
std::unique_ptr<cache::CallJournal> OpenJournal(const config::Settings& settings,
                                                const Stores& stores, Clock& clock, Logger& logger);

/// Says which paid calls were under way in processes that ended without a word, and counts each as
/// one of unknown charge. Each is told once, whichever process starts first. Blocks for the time
/// limits of the journal and of the statistics at most. `journal` may be null.
void ReportUnfinishedCalls(cache::CallJournal* journal, metrics::Statistics& statistics,
                           Clock& clock, Logger& logger);

}  // namespace vcache::app
