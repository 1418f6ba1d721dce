#include <string>

#include "cli/doctor.h"
#include "vcache/app/wiring/access_keys.h"

namespace vcache::cli {
namespace {

Finding OfAnalysisRoutes(const config::Settings& settings) {
  if (settings.access.has_users()) {
    return {"access", Grade::kOk, "Analyses need a key or a signed token."};
  }
  if (config::ListensOnLoopback(settings.server)) {
    return {"access", Grade::kOk, "Analyses are open, to programs of this machine only."};
  }
  return {"access", Grade::kWarn, "Analyses are open to whoever reaches the port.",
          "Set API_KEYS or JWT_SECRET, unless something in front lets only your callers through."};
}

}  // namespace

std::vector<Finding> ExamineAccess(const config::Settings& settings) {
  std::vector<Finding> findings;
  if (const Result<void> keys = app::CheckAccessKeys(settings.access); !keys) {
    findings.push_back(
        {"access", Grade::kFail, keys.error().message, "The service does not start with this."});
  } else {
    findings.push_back(OfAnalysisRoutes(settings));
  }
  if (config::SpendsWithoutBudget(settings)) {
    findings.push_back({"budget", Grade::kWarn,
                        "Nothing limits what the vendors are paid: a mistake or a flood of new "
                        "contents may cost any amount.",
                        "Set DAILY_BUDGET_USD."});
  }
  return findings;
}

}  // namespace vcache::cli
