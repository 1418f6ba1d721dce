#pragma once

#include <vector>

#include "cli/finding.h"
#include "vcache/config/settings.h"
#include "vcache/core/clock.h"

namespace vcache::cli {

/// Checks whether the service could work with these settings, in about 15 s. Writes into no store
/// and causes no charge. Call `net::InitHttpClients` first.
std::vector<Finding> Examine(const config::Settings& settings, Clock& clock);

/// Who may use the service, and whether anything limits what they cost.
std::vector<Finding> ExamineAccess(const config::Settings& settings);
std::vector<Finding> ExamineDirectories(const config::Settings& settings);
std::vector<Finding> ExamineRedis(const config::Settings& settings, Clock& clock);
std::vector<Finding> ExamineVendors(const config::Settings& settings, Clock& clock);

}  // namespace vcache::cli
