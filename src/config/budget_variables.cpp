#include "config/variable_kinds.h"

namespace vcache::config {

// Vendors have limits by the month only: their plans and bills are by the month. What a bad day may
// cost, DAILY_BUDGET_USD says for all of them.
std::vector<Variable> BudgetVariables() {
  return {
      UsdLimit(
          {"DAILY_BUDGET_USD", "USD",
           "Limit for all vendors together in a day (UTC); then only known content is answered "
           "until midnight"},
          [](auto& s) -> auto& { return s.budget.daily_micros; }),
      UsdLimit(
          {"MONTHLY_BUDGET_USD", "USD", "Limit for all vendors together in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.budget.monthly_micros; }),
      UsdLimit(
          {"MAX_COST_PER_CALL_USD", "USD",
           "Limit for one analysis, all its vendors together; one that can cost more is refused "
           "before it is paid"},
          [](auto& s) -> auto& { return s.budget.call_micros; }),
      Whole(
          {"MAX_VIDEO_SECONDS", "seconds",
           "Longest video; a longer one is refused before it is paid; 0 for no limit"},
          0, 3'600'000, [](auto& s) -> auto& { return s.budget.longest_video; }),
      UsdLimit(
          {"SIGHTENGINE_MONTHLY_BUDGET_USD", "USD",
           "Limit for Sightengine in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.detection.sightengine.monthly_budget_micros; }),
      UsdLimit(
          {"SAPLING_MONTHLY_BUDGET_USD", "USD", "Limit for Sapling in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.detection.sapling.monthly_budget_micros; }),
      UsdLimit(
          {"OPENAI_MONTHLY_BUDGET_USD", "USD", "Limit for OpenAI in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.detection.openai.monthly_budget_micros; }),
      UsdLimit(
          {"AIORNOT_MONTHLY_BUDGET_USD", "USD", "Limit for AI or Not in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.detection.aiornot.monthly_budget_micros; }),
      UsdLimit(
          {"COPYLEAKS_MONTHLY_BUDGET_USD", "USD", "Limit for Copyleaks in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.detection.copyleaks.monthly_budget_micros; }),
      UsdLimit(
          {"CUSTOM_MONTHLY_BUDGET_USD", "USD",
           "Limit for the custom vendor in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.detection.custom.vendor.monthly_budget_micros; }),
      UsdLimit(
          {"GPTZERO_MONTHLY_BUDGET_USD", "USD", "Limit for GPTZero in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.detection.gptzero.monthly_budget_micros; }),
      UsdLimit(
          {"HIVE_MONTHLY_BUDGET_USD", "USD", "Limit for Hive in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.detection.hive.monthly_budget_micros; }),
      UsdLimit(
          {"PANGRAM_MONTHLY_BUDGET_USD", "USD", "Limit for Pangram in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.detection.pangram.monthly_budget_micros; }),
      UsdLimit(
          {"REALITYDEFENDER_MONTHLY_BUDGET_USD", "USD",
           "Limit for Reality Defender in a calendar month (UTC)"},
          [](auto& s) -> auto& { return s.detection.realitydefender.monthly_budget_micros; }),
  };
}

}  // namespace vcache::config
