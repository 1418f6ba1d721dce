#include "vcache/metrics/exporter.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "vcache/cache/cache_key.h"
#include "vcache/core/error.h"

namespace vcache::metrics {

using cache::CacheKey;
using cache::ContentKind;
using cache::Tier;

namespace {

constexpr std::array kKinds{ContentKind::kAnalysis, ContentKind::kText};
constexpr std::array kTiers{Tier::kMemory, Tier::kRedis, Tier::kSqlite};
constexpr std::array<std::string_view, 5> kRoutes{"analysis", "lookup", "admin", "health", "other"};
/// Seconds: hits take under a millisecond, videos minutes.
const prometheus::Histogram::BucketBoundaries kSeconds{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};
/// `1xx` to `5xx`: single codes would multiply the series.
constexpr std::array<std::string_view, 5> kStatuses{"1xx", "2xx", "3xx", "4xx", "5xx"};

std::size_t Place(ContentKind kind) {
  return static_cast<std::size_t>(kind);
}

std::size_t CodeCount() {
  return static_cast<std::size_t>(ErrorCode::kIo) + 1;
}

using CounterRow = std::vector<prometheus::Counter*>;
template <typename Metric>
using FamilyOf = prometheus::Family<Metric>;

FamilyOf<prometheus::Counter>& CounterFamily(prometheus::Registry& registry, const char* name,
                                             const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Gauge& OneGauge(prometheus::Registry& registry, const char* name, const char* help,
                            const prometheus::Labels& labels = {}) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

/// One counter for each kind.
CounterRow ByKind(prometheus::Registry& registry, const char* name, const char* help) {
  auto& family = CounterFamily(registry, name, help);
  CounterRow counters;
  for (const ContentKind kind : kKinds) {
    counters.push_back(&family.Add({{"kind", std::string(KindName(kind))}}));
  }
  return counters;
}

}  // namespace

/// All series exist from the start, so that a rate over the first event is right.
struct Exporter::Series {
  prometheus::Registry registry;
  std::array<CounterRow, kKinds.size()> hits{};    ///< By kind, then by tier.
  std::array<CounterRow, kKinds.size()> errors{};  ///< By kind, then by code.
  CounterRow misses = ByKind(registry, "verdictcache_misses_total",
                             "Analyses that led to a vendor call or lacked a vendor.");
  CounterRow coalesced = ByKind(registry, "verdictcache_coalesced_total",
                                "Analyses that waited for a call of another request.");
  CounterRow corrupt =
      ByKind(registry, "verdictcache_corrupt_entries_total", "Entries that could not be read.");
  CounterRow held_back =
      ByKind(registry, "verdictcache_held_back_calls_total",
             "Calls that were not made, because earlier ones were charged and gave no verdict.");
  CounterRow not_stored = ByKind(registry, "verdictcache_not_stored_total",
                                 "Paid verdicts that no store took: the next upload pays again.");
  CounterRow paid = ByKind(registry, "verdictcache_paid_calls_total",
                           "Calls of vendors that were charged, or perhaps.");
  CounterRow unknown = ByKind(registry, "verdictcache_unknown_charges_total",
                              "Those paid calls of which nobody knows whether they were charged.");
  CounterRow saved = ByKind(registry, "verdictcache_saved_usd_total",
                            "What hits and coalesced answers would have cost, in US dollars.");
  CounterRow lookups = ByKind(registry, "verdictcache_lookups_total", "Look-ups by hash.");
  CounterRow lookup_hits =
      ByKind(registry, "verdictcache_lookup_hits_total", "Look-ups by hash that found a verdict.");
  CounterRow shadow_hits = ByKind(registry, "verdictcache_shadow_hits_total",
                                  "Analyses that would have been hits (CACHE_MODE=shadow).");
  CounterRow shadow_misses = ByKind(registry, "verdictcache_shadow_misses_total",
                                    "Analyses that would have been misses (CACHE_MODE=shadow).");
  CounterRow shadow_saved =
      ByKind(registry, "verdictcache_shadow_saved_usd_total",
             "What those hits would have saved, in US dollars (CACHE_MODE=shadow).");
  struct Spending {
    prometheus::Counter* calls;
    prometheus::Counter* dollars;
  };
  /// By kind, then by vendor; filled once.
  std::array<std::map<std::string, Spending, std::less<>>, kKinds.size()> spending{};
  std::array<CounterRow, kRoutes.size()> requests{};  ///< By route, then by class of status.
  std::vector<prometheus::Histogram*> durations{};
  prometheus::Counter* bytes_in = nullptr;
  prometheus::Counter* bytes_out = nullptr;

  prometheus::Gauge& store_up = OneGauge(registry, "verdictcache_store_up",
                                         "Whether the store behind the memory tier answers.");
  prometheus::Gauge& pending = OneGauge(registry, "verdictcache_pending_writes",
                                        "Writes that wait on this disk for the shared store.");
  prometheus::Gauge& memory_entries =
      OneGauge(registry, "verdictcache_memory_entries", "Entries of the memory tier.");
  prometheus::Gauge& memory_bytes =
      OneGauge(registry, "verdictcache_memory_bytes", "Size of the memory tier.");
  prometheus::Gauge& spool_memory =
      OneGauge(registry, "verdictcache_spool_memory_bytes", "What uploads hold in memory.");
  prometheus::Gauge& spool_disk =
      OneGauge(registry, "verdictcache_spool_disk_bytes", "What uploads hold on disk.");
  FamilyOf<prometheus::Gauge>& vendor_up =
      prometheus::BuildGauge()
          .Name("verdictcache_vendor_up")
          .Help("Whether the circuit breaker of a vendor lets calls through.")
          .Register(registry);
  std::map<std::string, prometheus::Gauge*, std::less<>> vendors_up{};
  std::array<prometheus::Gauge*, kAlertCount> alerts{};

  Series(std::string_view version, const std::vector<std::string>& vendors) {
    OneGauge(registry, "verdictcache_build_info", "Always 1; the label says which version runs.",
             {{"version", std::string(version)}})
        .Set(1);
    AddAnalyses();
    AddVendors(vendors);
    AddAlerts();
    AddRequests();
  }

  void AddAnalyses() {
    auto& hit_family =
        CounterFamily(registry, "verdictcache_hits_total", "Analyses answered from a tier.");
    auto& error_family =
        CounterFamily(registry, "verdictcache_errors_total", "Analyses that ended in an error.");
    for (const ContentKind kind : kKinds) {
      const std::string name(KindName(kind));
      for (const Tier tier : kTiers) {
        hits[Place(kind)].push_back(
            &hit_family.Add({{"kind", name}, {"tier", std::string(TierName(tier))}}));
      }
      for (std::size_t code = 0; code < CodeCount(); ++code) {
        const std::string_view code_name = CodeName(static_cast<ErrorCode>(code));
        errors[Place(kind)].push_back(
            &error_family.Add({{"kind", name}, {"code", std::string(code_name)}}));
      }
    }
  }

  void AddVendors(const std::vector<std::string>& vendors) {
    auto& calls = CounterFamily(registry, "verdictcache_vendor_paid_calls_total",
                                "Calls that a vendor charged, or perhaps, by vendor.");
    auto& dollars = CounterFamily(registry, "verdictcache_spent_usd_total",
                                  "What vendors charged, or perhaps, in US dollars.");
    for (const std::string& vendor : vendors) {
      vendors_up.emplace(vendor, &vendor_up.Add({{"vendor", vendor}}));
      for (const ContentKind kind : kKinds) {
        const prometheus::Labels labels{{"kind", std::string(KindName(kind))}, {"vendor", vendor}};
        spending[Place(kind)].emplace(vendor, Spending{&calls.Add(labels), &dollars.Add(labels)});
      }
    }
  }

  void AddAlerts() {
    auto& family = prometheus::BuildGauge()
                       .Name("verdictcache_alert_active")
                       .Help("Whether an alert of the service is raised.")
                       .Register(registry);
    for (std::size_t code = 0; code < kAlertCount; ++code) {
      const std::string_view name = AlertName(static_cast<AlertCode>(code));
      alerts[code] = &family.Add({{"alert", std::string(name)}});
    }
  }

  void AddRequests() {
    auto& counts =
        CounterFamily(registry, "verdictcache_http_requests_total", "Requests that were answered.");
    auto& times = prometheus::BuildHistogram()
                      .Name("verdictcache_http_request_duration_seconds")
                      .Help("From the head of a request to the last byte of its answer.")
                      .Register(registry);
    for (std::size_t route = 0; route < kRoutes.size(); ++route) {
      const std::string name(kRoutes[route]);
      for (const std::string_view status : kStatuses) {
        requests[route].push_back(&counts.Add({{"route", name}, {"status", std::string(status)}}));
      }
      durations.push_back(&times.Add({{"route", name}}, kSeconds));
    }
    bytes_in = &CounterFamily(registry, "verdictcache_http_received_bytes_total",
                              "Bytes of the bodies of requests.")
                    .Add({});
    bytes_out =
        &CounterFamily(registry, "verdictcache_http_sent_bytes_total", "Bytes of answers.").Add({});
  }
};

Exporter::Exporter(std::string_view version, const std::vector<std::string>& vendors)
    : series_(std::make_unique<Series>(version, vendors)) {}

Exporter::~Exporter() = default;

std::string Exporter::Text(const Readings& readings) {
  Series& series = *series_;
  series.store_up.Set(readings.store_available ? 1 : 0);
  series.pending.Set(static_cast<double>(readings.pending_writes));
  series.memory_entries.Set(static_cast<double>(readings.memory_entries));
  series.memory_bytes.Set(static_cast<double>(readings.memory_bytes));
  series.spool_memory.Set(static_cast<double>(readings.spool_memory_bytes));
  series.spool_disk.Set(static_cast<double>(readings.spool_disk_bytes));
  for (const Readings::Vendor& vendor : readings.vendors) {
    const auto found = series.vendors_up.find(vendor.name);
    if (found != series.vendors_up.end()) found->second->Set(vendor.available ? 1 : 0);
  }
  std::array<double, kAlertCount> raised{};
  for (const Alert& alert : readings.alerts) raised[static_cast<std::size_t>(alert.code)] = 1;
  for (std::size_t code = 0; code < kAlertCount; ++code) series.alerts[code]->Set(raised[code]);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, series.registry.Collect());
  return std::move(text).str();
}

void Exporter::OnRequest(RouteClass route, int status, std::chrono::nanoseconds took,
                         std::uint64_t bytes_in, std::uint64_t bytes_out) {
  const auto place = static_cast<std::size_t>(route);
  const int hundreds = std::clamp(status / 100, 1, 5);
  series_->requests[place][static_cast<std::size_t>(hundreds - 1)]->Increment();
  series_->durations[place]->Observe(std::chrono::duration<double>(took).count());
  series_->bytes_in->Increment(static_cast<double>(bytes_in));
  series_->bytes_out->Increment(static_cast<double>(bytes_out));
}

void Exporter::OnHit(const CacheKey& key, std::string_view, Tier tier, Usd saved) {
  series_->hits[Place(key.kind)][static_cast<std::size_t>(tier)]->Increment();
  series_->saved[Place(key.kind)]->Increment(saved.dollars());
}

void Exporter::OnMiss(const CacheKey& key, std::string_view, const cache::LookupResult&) {
  series_->misses[Place(key.kind)]->Increment();
}

void Exporter::OnJoined(const CacheKey& key, std::string_view, Usd saved) {
  series_->coalesced[Place(key.kind)]->Increment();
  series_->saved[Place(key.kind)]->Increment(saved.dollars());
}

void Exporter::OnShadow(const CacheKey& key, std::string_view, bool is_hit, Usd saved) {
  (is_hit ? series_->shadow_hits : series_->shadow_misses)[Place(key.kind)]->Increment();
  series_->shadow_saved[Place(key.kind)]->Increment(saved.dollars());
}

void Exporter::OnLookup(const CacheKey& key, const cache::LookupResult& found, Usd) {
  series_->lookups[Place(key.kind)]->Increment();
  if (found.outcome == cache::LookupOutcome::kHit) {
    series_->lookup_hits[Place(key.kind)]->Increment();
  }
}

void Exporter::OnCorrupt(const CacheKey& key, std::string_view) {
  series_->corrupt[Place(key.kind)]->Increment();
}

void Exporter::OnPaid(const CacheKey& key, const cache::Counters& counters, bool) {
  const auto count = [&](cache::Counter counter) {
    return static_cast<double>(counters.at(key.kind, counter));
  };
  series_->paid[Place(key.kind)]->Increment(count(cache::Counter::kPaidCalls));
  series_->unknown[Place(key.kind)]->Increment(count(cache::Counter::kUnknownCharges));
}

void Exporter::OnCharged(const CacheKey& key, std::string_view vendor, Usd charge) {
  const auto& vendors = series_->spending[Place(key.kind)];
  const auto found = vendors.find(vendor);
  if (found == vendors.end()) return;
  found->second.calls->Increment();
  found->second.dollars->Increment(charge.dollars());
}

void Exporter::OnNotStored(const CacheKey& key, const Error&) {
  series_->not_stored[Place(key.kind)]->Increment();
}

void Exporter::OnHeldBack(const CacheKey& key) {
  series_->held_back[Place(key.kind)]->Increment();
}

void Exporter::OnError(const CacheKey& key, const Error& error) {
  series_->errors[Place(key.kind)][static_cast<std::size_t>(error.code)]->Increment();
}

}  // namespace vcache::metrics
