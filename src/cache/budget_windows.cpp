#include "vcache/cache/budget_store.h"
#include "vcache/core/time_text.h"

namespace vcache::cache {
namespace {

using std::chrono::year_month_day;

constexpr std::chrono::seconds kDayLife = std::chrono::days(2);
constexpr std::chrono::seconds kMonthLife = std::chrono::days(40);

/// `<vendor>:<start of the window in UTC>`.
std::string BudgetName(std::string_view vendor, WallTime now, std::size_t time_chars) {
  std::string name(vendor);
  if (!name.empty()) name += ':';
  return name + FormatTime(now).substr(0, time_chars);
}

}  // namespace

BudgetWindow BudgetDay(std::string_view vendor, WallTime now) {
  return {BudgetName(vendor, now, 10), kDayLife};
}

BudgetWindow BudgetMonth(std::string_view vendor, WallTime now) {
  return {BudgetName(vendor, now, 7), kMonthLife};
}

WallTime EndOfBudgetDay(WallTime now) {
  return std::chrono::floor<std::chrono::days>(now) + std::chrono::days(1);
}

WallTime EndOfBudgetMonth(WallTime now) {
  const year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const auto next = today.year() / today.month() / std::chrono::day(1) + std::chrono::months(1);
  return std::chrono::sys_days(next);
}

}  // namespace vcache::cache
