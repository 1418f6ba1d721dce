#include "config/variable_kinds.h"

namespace vcache::config {

// Vendors have limits by the month only: their plans and bills are by the month. What a bad day may
// cost, DAILY_BUDGET_USD says for all of them.
std::vector<Variable> BudgetVariables() {
  return {
      UsdLimit(
          {"DAILY_BUDGET_USD", "USD",
           "What all vendors together may cost in a day of UTC; then only known content is "
           "answered until midnight"},
          [](auto& s) -> auto& { return s.budget.daily_micros; }),
      UsdLimit(
          {"MONTHLY_BUDGET_USD", "USD",
           "What all vendors together may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.budget.monthly_micros; }),
      UsdLimit(
          {"MAX_COST_PER_CALL_USD", "USD",
           "What one analysis may cost at most, all its vendors together; one that can cost more "
           "is "
           "refused before it is paid"},
          [](auto& s) -> auto& { return s.budget.call_micros; }),
      Whole(
          {"MAX_VIDEO_SECONDS", "seconds",
           "Longest video that is analysed; a longer one is refused before it is paid, 0 for no "
           "limit"},
          0, 3'600'000, [](auto& s) -> auto& { return s.budget.longest_video; }),
      UsdLimit(
          {"SIGHTENGINE_MONTHLY_BUDGET_USD", "USD",
           "What Sightengine alone may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.detection.sightengine.monthly_budget_micros; }),
      UsdLimit(
          {"SAPLING_MONTHLY_BUDGET_USD", "USD",
           "What Sapling alone may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.detection.sapling.monthly_budget_micros; }),
      UsdLimit(
          {"OPENAI_MONTHLY_BUDGET_USD", "USD",
           "What OpenAI alone may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.detection.openai.monthly_budget_micros; }),
      UsdLimit(
          {"AIORNOT_MONTHLY_BUDGET_USD", "USD",
           "What AI or Not alone may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.detection.aiornot.monthly_budget_micros; }),
      UsdLimit(
          {"COPYLEAKS_MONTHLY_BUDGET_USD", "USD",
           "What Copyleaks alone may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.detection.copyleaks.monthly_budget_micros; }),
      UsdLimit(
          {"CUSTOM_MONTHLY_BUDGET_USD", "USD",
           "What the vendor by configuration alone may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.detection.custom.vendor.monthly_budget_micros; }),
      UsdLimit(
          {"GPTZERO_MONTHLY_BUDGET_USD", "USD",
           "What GPTZero alone may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.detection.gptzero.monthly_budget_micros; }),
      UsdLimit(
          {"HIVE_MONTHLY_BUDGET_USD", "USD", "What Hive alone may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.detection.hive.monthly_budget_micros; }),
      UsdLimit(
          {"PANGRAM_MONTHLY_BUDGET_USD", "USD",
           "What Pangram alone may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.detection.pangram.monthly_budget_micros; }),
      UsdLimit(
          {"REALITYDEFENDER_MONTHLY_BUDGET_USD", "USD",
           "What Reality Defender alone may cost in a calendar month of UTC"},
          [](auto& s) -> auto& { return s.detection.realitydefender.monthly_budget_micros; }),
  };
}

}  // namespace vcache::config
