#include "api/admin/stats_series.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/intake/strict_input.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/enum_table.h"
#include "vcache/core/log.h"
#include "vcache/core/time_text.h"

namespace vcache::api {
namespace {

using By = SeriesQuery::By;
using Period = cache::CounterRange::Period;
using cache::ContentKind;
using cache::Counter;
using cache::Counters;
using cache::VendorCounter;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;

constexpr EnumNames<By, 3> kByNames{{"hour", "day", "month"}};
constexpr EnumNames<ContentKind, 2> kKindNames{{"analysis", "text"}};
constexpr auto kVendorNames = [] {
  EnumNames<VendorId, kVendors.size()> names{};
  for (const VendorInfo& vendor : kVendors) {
    names.names[static_cast<std::size_t>(vendor.id)] = vendor.name;
  }
  return names;
}();
constexpr std::size_t kDateChars = std::string_view("2026-11-01").size();
constexpr std::size_t kHourChars = std::string_view("2026-11-01T10").size();
constexpr std::string_view kDateForm = "a UTC date such as 2026-11-01";
constexpr std::string_view kHourForm = "an hour such as 2026-11-01T10";

// What is shown without `from`.
constexpr hours kHoursShown{24};
constexpr days kDaysShown{30};
constexpr std::chrono::months kMonthsShown{12};

Error BadParameter(std::string_view name, std::string_view given, std::string must) {
  return {ErrorCode::kBadRequest, "The parameter " + std::string(name) + " is \"" +
                                      EscapeForLog(given, 64) + "\"; it must be " +
                                      std::move(must) + "."};
}

/// `from` or `to`: a date or an hour, as it was written.
struct Moment {
  std::string text;
  WallTime begin{};
  bool is_hour = false;
};

Result<std::optional<Moment>> ReadMoment(const http::RequestInfo& request, std::string_view name) {
  const auto given = http::FormValue(request.query, name);
  if (!given) return given.error();
  if (!*given) return std::optional<Moment>();
  Moment moment{**given, {}, (*given)->size() == kHourChars};
  const std::string rest = moment.is_hour ? ":00:00Z" : "T00:00:00Z";
  const auto begin = ParseTime(moment.text + rest);
  // Written again it is the same only if it is whole and exists: there is no 30 February.
  const bool fits = moment.is_hour || moment.text.size() == kDateChars;
  if (!fits || !begin || FormatTime(*begin) != moment.text + rest) {
    return BadParameter(name, moment.text,
                        std::string(kDateForm) + ", or " + std::string(kHourForm));
  }
  moment.begin = *begin;
  return std::optional(std::move(moment));
}

template <typename Enum, std::size_t kCount>
Result<std::optional<Enum>> ReadChoice(const http::RequestInfo& request, std::string_view name,
                                       const EnumNames<Enum, kCount>& choices) {
  const auto given = http::FormValue(request.query, name);
  if (!given) return given.error();
  if (!*given) return std::optional<Enum>();
  const std::optional<Enum> choice = choices.Find(**given);
  if (choice) return choice;
  std::string known;
  for (const std::string_view each : choices.names) {
    known += (known.empty() ? "" : ", ") + std::string(each);
  }
  return BadParameter(name, **given, "one of " + known);
}

std::chrono::sys_days MonthOf(WallTime when) {
  const std::chrono::year_month_day date(floor<days>(when));
  return std::chrono::sys_days(date.year() / date.month() / 1);
}

/// The first hour or day whose counts are kept whole.
WallTime OldestKept(By by, WallTime now) {
  if (by == By::kHour) return floor<hours>(now) - cache::kHoursKept + hours(1);
  return floor<days>(now) - cache::kDaysKept + days(1);
}

WallTime DefaultFrom(By by, WallTime last) {
  if (by == By::kHour) return last - kHoursShown + hours(1);
  if (by == By::kDay) return last - kDaysShown + days(1);
  const std::chrono::year_month_day month(MonthOf(last));
  return std::chrono::sys_days(month - kMonthsShown + std::chrono::months(1));
}

std::string NameOf(By by, WallTime begin) {
  constexpr std::size_t kMonthChars = std::string_view("2026-11").size();
  constexpr std::array kLengths = {kHourChars, kDateChars, kMonthChars};
  return FormatTime(begin).substr(0, kLengths[static_cast<std::size_t>(by)]);
}

std::optional<Error> RefuseHours(By by, const std::optional<Moment>& moment,
                                 std::string_view name) {
  if (by == By::kHour || !moment || !moment->is_hour) return std::nullopt;
  return BadParameter(name, moment->text,
                      std::string(kDateForm) + " with by=" + std::string(kByNames.Of(by)));
}

/// `to` is part of the range; what has not come yet is not.
WallTime LastOf(By by, const std::optional<Moment>& to, WallTime now) {
  const WallTime current = by == By::kHour ? WallTime(floor<hours>(now)) : floor<days>(now);
  if (!to) return current;
  const hours rest = by == By::kHour && !to->is_hour ? hours(23) : hours(0);
  return std::min(to->begin + rest, current);
}

Result<cache::CounterRange> RangeOf(By by, const std::optional<Moment>& from,
                                    const std::optional<Moment>& to, WallTime now) {
  const WallTime oldest = OldestKept(by, now);
  const WallTime last = LastOf(by, to, now);
  const By step = by == By::kHour ? By::kHour : By::kDay;
  if (to && last < oldest) {
    return BadParameter("to", to->text,
                        NameOf(step, oldest) + " or later: older " +
                            (by == By::kHour ? "hours" : "days") + " are not kept");
  }
  const WallTime first = from ? from->begin : std::max(DefaultFrom(by, last), oldest);
  if (first < oldest) {
    return BadParameter("from", from->text,
                        NameOf(step, oldest) + " or later: older " +
                            (by == By::kHour ? "hours" : "days") + " are not kept");
  }
  if (first > last) {
    return BadParameter("from", from->text,
                        "at or before " + NameOf(step, last) + ", the end of the range");
  }
  cache::CounterRange range{by == By::kHour ? Period::kHour : Period::kDay, first};
  range.count = static_cast<std::size_t>((last - first) / range.length()) + 1;
  return range;
}

Json VendorJson(const Counters& counters, VendorId vendor, std::optional<ContentKind> kind) {
  const auto count = [&](VendorCounter counter) {
    return kind ? counters.at(*kind, vendor, counter) : counters.total(vendor, counter);
  };
  Json json = Json::object();
  json["paidCalls"] = count(VendorCounter::kPaidCalls);
  json["unknownCharges"] = count(VendorCounter::kUnknownCharges);
  json["failures"] = count(VendorCounter::kFailures);
  json["spent"] = Dollars(count(VendorCounter::kSpentMicros));
  return json;
}

bool WasCalled(const Counters& counters, VendorId vendor, std::optional<ContentKind> kind) {
  for (const ContentKind each : {ContentKind::kAnalysis, ContentKind::kText}) {
    if (kind && each != *kind) continue;
    for (const auto counter : {VendorCounter::kPaidCalls, VendorCounter::kFailures}) {
      if (counters.at(each, vendor, counter) != 0) return true;
    }
  }
  return false;
}

Json PeriodJson(const Counters& counters, const SeriesQuery& query) {
  const std::optional<ContentKind> kind = query.kind;
  if (query.vendor) return VendorJson(counters, *query.vendor, kind);
  const auto count = [&](Counter counter) {
    return kind ? counters.at(*kind, counter) : counters.total(counter);
  };
  Json json = Json::object();
  json["hits"] = count(Counter::kHits);
  json["misses"] = count(Counter::kMisses);
  json["hitRate"] = HitRate(count(Counter::kHits), count(Counter::kMisses));
  json["hitsByTier"] = TiersJson(counters, kind);
  json["unavailable"] = count(Counter::kUnavailable);
  json["coalesced"] = count(Counter::kCoalesced);
  json["errors"] = count(Counter::kErrors);
  json["corruptEntries"] = count(Counter::kCorrupt);
  json["heldBack"] = count(Counter::kHeldBack);
  json["paidCalls"] = count(Counter::kPaidCalls);
  json["unknownCharges"] = count(Counter::kUnknownCharges);
  json["spent"] = Dollars(count(Counter::kSpentMicros));
  json["saved"] = Dollars(count(Counter::kSavedMicros));
  json["lookups"] = LookupsJson(count(Counter::kLookups), count(Counter::kLookupHits));
  json["spared"] = Dollars(count(Counter::kSparedMicros));
  json["byVendor"] = VendorsJson(counters, kind);
  return json;
}

}  // namespace

Json TiersJson(const Counters& counters, std::optional<ContentKind> kind) {
  Json json = Json::object();
  for (const auto& [tier, counter] : {std::pair(cache::Tier::kMemory, Counter::kMemoryHits),
                                      std::pair(cache::Tier::kRedis, Counter::kRedisHits),
                                      std::pair(cache::Tier::kSqlite, Counter::kSqliteHits)}) {
    json[std::string(TierName(tier))] =
        kind ? counters.at(*kind, counter) : counters.total(counter);
  }
  return json;
}

Json VendorsJson(const Counters& counters, std::optional<ContentKind> kind) {
  Json vendors = Json::object();
  for (const VendorInfo& vendor : kVendors) {
    if (!WasCalled(counters, vendor.id, kind)) continue;
    Json json = VendorJson(counters, vendor.id, kind);
    for (std::size_t i = 0; !kind && i < kKindNames.names.size(); ++i) {
      json["byKind"][std::string(kKindNames.names[i])] =
          VendorJson(counters, vendor.id, static_cast<ContentKind>(i));
    }
    vendors[std::string(vendor.name)] = std::move(json);
  }
  return vendors;
}

Result<std::optional<SeriesQuery>> ReadSeriesQuery(const http::RequestInfo& request, WallTime now) {
  if (auto refusal = RefuseUnknownParameters(request, {"from", "to", "by", "kind", "vendor"})) {
    return *std::move(refusal);
  }
  const auto from = ReadMoment(request, "from");
  if (!from) return from.error();
  const auto to = ReadMoment(request, "to");
  if (!to) return to.error();
  const auto by = ReadChoice(request, "by", kByNames);
  if (!by) return by.error();
  const auto kind = ReadChoice(request, "kind", kKindNames);
  if (!kind) return kind.error();
  const auto vendor = ReadChoice(request, "vendor", kVendorNames);
  if (!vendor) return vendor.error();
  if (!*from && !*to && !*by && !*kind && !*vendor) return std::optional<SeriesQuery>();

  const bool names_hour = (*from && (*from)->is_hour) || (*to && (*to)->is_hour);
  SeriesQuery query;
  query.by = by->value_or(names_hour ? By::kHour : By::kDay);
  query.kind = *kind;
  query.vendor = *vendor;
  if (auto refusal = RefuseHours(query.by, *from, "from")) return *std::move(refusal);
  if (auto refusal = RefuseHours(query.by, *to, "to")) return *std::move(refusal);
  const auto range = RangeOf(query.by, *from, *to, now);
  if (!range) return range.error();
  query.range = *range;
  return std::optional(query);
}

void AddSeries(Json& cache, const SeriesQuery& query, const cache::CounterSeries& series) {
  std::vector<std::pair<std::string, Counters>> periods;
  Counters total;
  for (std::size_t i = 0; i < series.size(); ++i) {
    std::string name = NameOf(query.by, query.range.BeginOf(i));
    if (periods.empty() || periods.back().first != name)
      periods.emplace_back(std::move(name), Counters());
    periods.back().second += series[i];
    total += series[i];
  }
  Json elements = Json::array();
  for (const auto& [name, counters] : periods) {
    Json element = Json::object({{"period", name}});
    element.update(PeriodJson(counters, query));
    elements.push_back(std::move(element));
  }
  const By step = query.by == By::kHour ? By::kHour : By::kDay;
  Json range = Json::object();
  range["by"] = kByNames.Of(query.by);
  range["from"] = NameOf(step, query.range.first);
  range["to"] = NameOf(step, query.range.BeginOf(query.range.count - 1));
  range["kind"] = query.kind ? Json(kKindNames.Of(*query.kind)) : Json(nullptr);
  range["vendor"] = query.vendor ? Json(InfoOf(*query.vendor).name) : Json(nullptr);
  cache["range"] = std::move(range);
  cache["series"] = std::move(elements);
  cache["total"] = PeriodJson(total, query);
}

}  // namespace vcache::api
