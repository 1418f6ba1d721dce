#include "metrics/alert_conditions.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "vcache/core/enum_table.h"

namespace vcache::metrics {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kLeastAnalyses = 100;
constexpr std::int64_t kBadRate = 50;   ///< Percent: lower raises.
constexpr std::int64_t kGoodRate = 55;  ///< Percent: this much ends.
constexpr std::int64_t kBadErrors = 10;
constexpr std::int64_t kGoodErrors = 5;
/// Percent of a budget.
constexpr std::int64_t kNearlySpent = 80;
constexpr std::int64_t kFarFromSpent = 75;
constexpr std::uint64_t kLittleSpace = 1ULL << 30;  ///< Or a tenth of a smaller disk.

constexpr auto kWarning = AlertSeverity::kWarning;
constexpr auto kCritical = AlertSeverity::kCritical;
constexpr std::array<AlertRule, kAlertCount> kRules{{
    {AlertCode::kHitRateLow, "hit_rate_low", kWarning},
    {AlertCode::kCacheErrors, "cache_errors", kWarning},
    // A server that restarts is back within seconds.
    {AlertCode::kStoreAway, "store_away", kWarning, seconds(10), seconds(15)},
    {AlertCode::kWritesWaiting, "writes_waiting", kWarning},
    // The breaker has seen several faults; a probe that works may be luck.
    {AlertCode::kVendorAway, "vendor_away", kWarning, seconds(0), seconds(30)},
    {AlertCode::kCredentialsRefused, "credentials_refused", kCritical},
    {AlertCode::kBudgetNearlySpent, "budget_nearly_spent", kWarning},
    {AlertCode::kBudgetSpent, "budget_spent", kCritical},
    {AlertCode::kUnknownCharges, "unknown_charges", kWarning},
    {AlertCode::kVendorOvercharged, "vendor_overcharged", kCritical},
    {AlertCode::kLocalStoreOff, "local_store_off", kWarning, seconds(10), seconds(15)},
    {AlertCode::kDiskFilling, "disk_filling", kWarning, seconds(10), seconds(60)},
    {AlertCode::kClockJumped, "clock_jumped", kWarning},
}};
static_assert(HasRowForEach(kRules, &AlertRule::code, AlertCode::kClockJumped));

class Conditions {
 public:
  Conditions(const WatchReadings& readings, const RoundCounts& counts)
      : readings_(readings), counts_(counts) {}

  std::vector<Condition> All() {
    HitRate();
    Errors();
    Store();
    for (const std::string& vendor : readings_.vendors_away) VendorAway(vendor);
    for (const auto& [vendor, reason] : counts_.refused_credentials) {
      AddBad(AlertCode::kCredentialsRefused, vendor,
             reason +
                 " Every call to it fails until its credentials are set right and the service "
                 "is started anew.");
    }
    for (const analysis::KnownSpending& limit : readings_.budget.limits) BudgetLimit(limit);
    Charges();
    LocalStore();
    if (!counts_.clocks_agree) ClockJump();
    return std::move(all_);
  }

 private:
  void AddBad(AlertCode code, std::string subject, std::string message) {
    all_.push_back({code, std::move(subject), Level::kBad, std::move(message)});
  }
  void Between(AlertCode code, std::string subject = {}) {
    all_.push_back({code, std::move(subject), Level::kBetween, {}});
  }

  void HitRate() {
    const std::int64_t analyses = counts_.hits + counts_.misses;
    const bool caches = readings_.store.is_open || readings_.store.has_memory;
    if (analyses == 0 || !caches) return;
    const std::int64_t hits = 100 * counts_.hits;
    if (analyses >= kLeastAnalyses && hits < kBadRate * analyses) {
      AddBad(AlertCode::kHitRateLow, {},
             "The cache answered " + std::to_string(hits / analyses) + " % of the last hour's " +
                 std::to_string(analyses) +
                 " analyses. When contents should come back more often, look at the lives of "
                 "entries (CACHE_TTL_ANALYSIS, CACHE_TTL_TEXT), at evictions and at clears.");
    } else if (analyses < kLeastAnalyses || hits < kGoodRate * analyses) {
      Between(AlertCode::kHitRateLow);
    }
  }

  void Errors() {
    if (counts_.cache_errors > kBadErrors) {
      AddBad(AlertCode::kCacheErrors, {},
             std::to_string(counts_.cache_errors) +
                 " times in five minutes the cache could not say, could not be read or took no "
                 "verdict: what is not found is paid for again. The log names the reasons.");
    } else if (counts_.cache_errors > kGoodErrors) {
      Between(AlertCode::kCacheErrors);
    }
  }

  void Store() {
    for (StateReason& reason : StoreFindings(readings_.store)) {
      if (reason.code == AlertName(AlertCode::kStoreAway)) {
        AddBad(AlertCode::kStoreAway, {}, std::move(reason.message));
      } else if (reason.code == AlertName(AlertCode::kWritesWaiting)) {
        if (counts_.writes_stay) {
          AddBad(AlertCode::kWritesWaiting, {}, std::move(reason.message));
        } else {
          Between(AlertCode::kWritesWaiting);
        }
      }
    }
  }

  void VendorAway(const std::string& vendor) {
    AddBad(AlertCode::kVendorAway, vendor,
           vendor +
               " is out of order and left alone for a while: new contents get 503 or are "
               "judged without it; known ones are answered. The log line of its circuit "
               "breaker has the reason; for a quota look at its account.");
  }

  void BudgetLimit(const analysis::KnownSpending& limit) {
    const std::string period = limit.is_month ? "month" : "day";
    const std::string subject = (limit.vendor.empty() ? "all" : limit.vendor) + ":" + period;
    const std::string whose = limit.vendor.empty() ? "" : " for " + limit.vendor;
    const std::string figures = limit.sum.ToText() + " of " + limit.limit.ToText() +
                                " USD of this " + period + "'s budget" + whose;
    const std::int64_t sum = limit.sum.micros();
    const std::int64_t whole = limit.limit.micros();
    if (limit.is_refused || sum >= whole) {
      AddBad(AlertCode::kBudgetSpent, subject,
             figures +
                 " are spent or set aside: contents that are not known are refused until "
                 "the next " +
                 period + " begins (UTC). Raise the limit, or wait.");
    }
    if (sum >= whole / 100 * kNearlySpent) {
      AddBad(AlertCode::kBudgetNearlySpent, subject,
             figures +
                 " are spent or set aside. When it is used up, contents that are not known "
                 "are refused: raise the limit, or look at who spends.");
    } else if (sum >= whole / 100 * kFarFromSpent) {
      Between(AlertCode::kBudgetNearlySpent, subject);
    }
  }

  void Charges() {
    if (counts_.unknown > 0) {
      AddBad(AlertCode::kUnknownCharges, {},
             "Of " + std::to_string(counts_.unknown) +
                 " calls in the last hour nobody knows whether they were charged: compare with "
                 "the vendors' usage pages. The log names each.");
    }
    for (const analysis::Overcharge& charge : readings_.budget.overcharges) {
      if (counts_.now - charge.when >= kMoneyWindow) continue;
      AddBad(AlertCode::kVendorOvercharged, charge.vendor,
             charge.vendor + " charged " + charge.charged.ToText() +
                 " USD for a call that should "
                 "cost " +
                 charge.set_aside.ToText() +
                 " at most: set its price (_COST_USD) to your contract. Budgets counted too "
                 "little until the bill came.");
    }
  }

  void LocalStore() {
    if (readings_.local_store_serves && !*readings_.local_store_serves) {
      AddBad(AlertCode::kLocalStoreOff, {},
             "The local store in CACHE_DIR does not serve: its disk is full, its file is damaged, "
             "or another process locks it. Verdicts that are paid for in an outage may be lost; "
             "the log has the reason.");
    }
    if (!readings_.disk) return;
    const std::uint64_t free = readings_.disk->free_bytes;
    const std::uint64_t little = std::min(kLittleSpace, readings_.disk->total_bytes / 10);
    if (free < little) {
      AddBad(AlertCode::kDiskFilling, {},
             "The disk of CACHE_DIR has " + std::to_string(free >> 20U) + " of " +
                 std::to_string(readings_.disk->total_bytes >> 20U) +
                 " MiB left. When it is full, verdicts are not kept there: free space, enlarge "
                 "it, or lower LOCAL_COPIES_MB.");
    } else if (free < little + little / 2) {
      Between(AlertCode::kDiskFilling);
    }
  }

  void ClockJump() {
    AddBad(AlertCode::kClockJumped, {},
           "The clock of this machine jumped by more than five minutes. For an hour the local "
           "store believes neither time and removes nothing; days of budgets and statistics follow "
           "the new one. Set the clock right and keep it so (NTP).");
  }

  const WatchReadings& readings_;
  const RoundCounts& counts_;
  std::vector<Condition> all_;
};

}  // namespace

const AlertRule& RuleOf(AlertCode code) noexcept {
  return kRules[static_cast<std::size_t>(code)];
}

std::string_view AlertName(AlertCode code) noexcept {
  return RuleOf(code).name;
}

std::string_view SeverityName(AlertSeverity severity) noexcept {
  return severity == AlertSeverity::kCritical ? "critical" : "warning";
}

std::vector<Condition> ConditionsOf(const WatchReadings& readings, const RoundCounts& counts) {
  return Conditions(readings, counts).All();
}

}  // namespace vcache::metrics
