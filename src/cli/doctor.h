#pragma once

#include <vector>

#include "cli/finding.h"
#include "vcache/config/settings.h"
#include "vcache/core/clock.h"

namespace vcache::cli {

/// Whether the service could work with these settings, part by part. Each check has a time limit of
/// its own, some 15 s together. Writes nothing into any store, and nothing that it sends is ever
/// charged for. `net::InitHttpClients` must have run.
std::vector<Finding> Examine(const config::Settings& settings, Clock& clock);

/// The parts of it.
std::vector<Finding> ExamineDirectories(const config::Settings& settings);
std::vector<Finding> ExamineRedis(const config::Settings& settings, Clock& clock);
std::vector<Finding> ExamineVendors(const config::Settings& settings, Clock& clock);

}  // namespace vcache::cli
