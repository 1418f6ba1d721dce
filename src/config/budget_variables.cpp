#include "config/variable_kinds.h"

namespace vcache::config {

// Vendors have limits by the month only: their plans and bills are by the month. What a bad day may
// cost, DAILY_BUDGET_USD says for all of them.
std::vector<Variable> BudgetVariables() {
  std::vector<Variable> table = {
      AmountLimit(
          {"DAILY_BUDGET_USD", "USD",
           "Limit for all vendors together in a day (UTC); then only known content is answered "
           "until midnight"},
          [](auto& s) -> auto& { return s.budget.daily; }),
      AmountLimit(
          {"MONTHLY_BUDGET_USD", "USD", "Limit for all vendors together in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.budget.monthly; }),
      AmountLimit(
          {"MAX_COST_PER_CALL_USD", "USD",
           "Limit for one analysis, all its vendors together; one that can cost more is refused "
           "before it is paid"},
          [](auto& s) -> auto& { return s.budget.dearest_call; }),
      Whole({"MAX_VIDEO_SECONDS", "seconds",
             "Longest video; a longer one is refused before it is paid; 0 for no limit"},
            0, 3'600'000, &BudgetSettings::longest_video),
  };
  for (const VendorInfo& vendor : kVendors) {
    table.push_back(AmountLimit(
        {std::string(vendor.prefix) + "_MONTHLY_BUDGET_USD", "USD",
         "Limit for " + std::string(vendor.title) + " in a calendar month (UTC)"},
        [id = vendor.id](auto& s) -> auto& { return s.detection.vendors[id].monthly_budget; }));
  }
  return table;
}

}  // namespace vcache::config
