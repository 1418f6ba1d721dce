#include "app/service.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "app/alerting/alert_webhook.h"
#include "app/credential_report.h"
#include "app/start_check.h"
#include "app/startup_report.h"
#include "app/version.h"
#include "app/wiring/access.h"
#include "app/wiring/alert_readings.h"
#include "app/wiring/budgets.h"
#include "app/wiring/histories.h"
#include "app/wiring/rates.h"
#include "app/wiring/stores.h"
#include "app/wiring/unfinished_calls.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/analysis/job_board.h"
#include "vcache/analysis/logging_observer.h"
#include "vcache/analysis/observer_list.h"
#include "vcache/api/api.h"
#include "vcache/app/wiring/detectors.h"
#include "vcache/cache/job_store.h"
#include "vcache/cache/memory/memory_store.h"
#include "vcache/cache/tiers/tiered_store.h"
#include "vcache/http/server/server.h"
#include "vcache/metrics/alert_watch.h"
#include "vcache/metrics/statistics.h"
#include "vcache/net/http_client.h"

namespace vcache::app {
namespace {

constexpr std::uint64_t kLongestRefusedBody = 1ULL << 30;
/// After the last client has connected: the time for the requests at hand to begin their paid
/// calls.
constexpr std::chrono::milliseconds kLastAdmissions{500};

std::unique_ptr<cache::MemoryStore> MakeMemory(const config::Settings& settings, Clock& clock) {
  const config::CacheSettings& cache = settings.cache;
  if (cache.mode == config::CacheMode::kOff || cache.memory_bytes == 0) return nullptr;
  return std::make_unique<cache::MemoryStore>(
      cache::MemoryStoreOptions{.max_bytes = cache.memory_bytes,
                                .max_ttl = cache.memory_ttl,
                                .keys = KeySpaceOf(settings)},
      clock);
}

analysis::AnalysisOptions AnalysisOptionsOf(const config::Settings& settings,
                                            const detection::DetectorPanel& panel) {
  analysis::AnalysisOptions options;
  options.ttl_analysis = settings.cache.ttl_analysis;
  options.ttl_text = settings.cache.ttl_text;
  options.partial_ttl = settings.cache.partial_ttl;
  options.same_detectors = settings.cache.same_detectors;
  // The vendor's time, plus half a minute for waiting in the rate limiter.
  options.call_timeout = settings.calls.timeout.count() > 0
                             ? settings.calls.timeout
                             : LongestCall(settings.detection, panel) + std::chrono::seconds(30);
  options.lease_life = settings.calls.lease_life;
  options.failure_pause = settings.calls.failure_pause;
  options.longest_failure_pause = settings.calls.longest_failure_pause;
  options.max_waiters = settings.calls.max_waiters;
  options.max_waiters_in_all = settings.server.max_connections;
  options.longest_wait = settings.calls.longest_wait;
  options.longest_video = settings.budget.longest_video;
  options.dearest_call = settings.budget.dearest_call;
  options.outage_patience = settings.redis.outage_patience;
  options.outage_calls_per_minute = settings.redis.outage_calls_per_minute;
  options.outage_calls_total = settings.redis.outage_calls_total;
  return options;
}

std::shared_ptr<content::SpoolBudget> SpoolBudgetOf(const config::ServerSettings& server) {
  content::SpoolBudget::Limits limits;
  limits.memory_bytes = server.spool_memory_bytes;
  if (server.spool_disk_bytes > 0) limits.disk_bytes = server.spool_disk_bytes;
  limits.client_percent = server.spool_percent_per_address;
  limits.client_readings = server.max_uploads_per_address;
  return content::SpoolBudget::Make(limits);
}

api::ApiOptions ApiOptionsOf(const config::Settings& settings) {
  api::ApiOptions options;
  options.version = kVersion;
  options.max_upload_bytes = settings.server.max_upload_bytes;
  options.text_min_chars = settings.detection.text_min_chars;
  options.text_max_chars = settings.detection.text_max_chars;
  options.spool.directory = settings.server.spool_directory;
  options.hosts = HostsOf(settings);
  options.cors_origins = settings.server.cors_origins;
  options.cors_headers = settings.server.cors_headers;
  options.cors_credentials = settings.server.cors_credentials;
  options.mode = {.no_store = settings.cache.mode == config::CacheMode::kOff,
                  .shadow = settings.cache.mode == config::CacheMode::kShadow};
  options.demo = IsDemo(settings);
  options.keys = KeySpaceOf(settings);
  options.ttl_analysis = settings.cache.ttl_analysis;
  options.ttl_text = settings.cache.ttl_text;
  options.ttl_partial = settings.cache.partial_ttl;
  options.lookups_are_own = settings.history.lookups_are_own;
  // The others must still be able to connect.
  options.max_event_streams =
      std::min(settings.server.max_event_streams, settings.server.max_connections / 2);
  return options;
}

std::unique_ptr<AlertWebhook> MakeWebhook(const config::AlertSettings& settings,
                                          net::HttpClient& client, Clock& clock, Logger& logger) {
  if (settings.webhook_url.empty()) return nullptr;
  return std::make_unique<AlertWebhook>(
      WebhookOptions{settings.webhook_url, settings.webhook_secret, std::string(kVersion)}, client,
      clock, logger);
}

/// This replica among others, for people.
std::string InstanceName(std::uint16_t port) {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) name[0] = '\0';
  return std::string(name.data()) + ":" + std::to_string(port);
}

std::vector<std::string> VendorNames(const detection::DetectorPanel& panel) {
  std::vector<std::string> names;
  for (const auto& vendor : panel.Vendors()) names.emplace_back(vendor->provider());
  return names;
}

http::ServerOptions ServerOptionsOf(const config::ServerSettings& server) {
  http::ServerOptions options;
  options.host = server.host;
  options.port = server.port;
  options.worker_threads = server.workers();
  // Each connection waits with one request at most.
  options.max_queued_requests = server.max_connections;
  options.max_connections = server.max_connections;
  options.max_connections_per_address = server.max_connections_per_address;
  options.proxies = {server.trusted_proxy_hops, server.trusted_proxies,
                     server.reads_forwarded ? http::ForwardedField::kForwarded
                                            : http::ForwardedField::kXForwardedFor};
  options.max_body_bytes = server.max_upload_bytes + 64 * 1024;  // plus the form's overhead
  // A file that is far too large is read to its end too, as long as it comes fast.
  options.linger_bytes = kLongestRefusedBody;
  options.max_head_bytes = server.max_header_bytes;
  options.max_head_fields = server.max_header_fields;
  options.max_target_bytes = server.max_target_bytes;
  options.header_timeout = server.header_timeout;
  options.keep_alive_timeout = server.keep_alive_timeout;
  return options;
}

}  // namespace

/// In the order of construction: the part that must die last comes first.
struct Service::Parts {
  Parts(const config::Settings& the_settings,
        const std::shared_ptr<const api::Authenticator>& authenticator, Stores opened,
        Clock& the_clock, Logger& the_logger)
      : settings(the_settings),
        clock(the_clock),
        logger(the_logger),
        spool_budget(SpoolBudgetOf(settings.server)),
        http_client(net::MakeCurlHttpClient({}, clock)),
        pauses(clock),
        panel(MakePanel(settings.detection, *http_client, pauses, clock, logger)),
        stores(std::move(opened)),
        budget_stores(OpenBudgets(settings, stores, clock, logger)),
        budget(budget_stores.store(), clock, logger, BudgetOptionsOf(settings)),
        journal(OpenJournal(settings, stores, clock, logger)),
        memory(MakeMemory(settings, clock)),
        store(memory.get(), stores.verdicts()),
        notifier(KeySpaceOf(settings), clock),
        events(stores.Listen(store, notifier, clock, logger)),
        statistics(stores.counters(), clock, logger),
        exporter(kVersion, VendorNames(panel)),
        log_lines(logger, KeySpaceOf(settings)),
        webhook_client(net::MakeCurlHttpClient({.peer = "the webhook"}, clock)),
        webhook(MakeWebhook(settings.alerts, *webhook_client, clock, logger)),
        alerts(ReadingsOf(settings, stores, memory != nullptr, panel, budget), clock, logger,
               webhook.get()),
        observers({&statistics, &exporter, &log_lines, &alerts}),
        rates(std::make_shared<api::RateLimits>(RateOptionsOf(settings, stores), clock)),
        rate_store(OpenRateStore(settings, stores)),
        histories(OpenUserHistories(settings, stores, clock, logger)),
        audit(OpenAuditTrail(settings, stores, clock, logger)),
        analysis(store, panel, observers, clock, AnalysisOptionsOf(settings, panel),
                 {stores.leases(), &notifier, &budget, journal.get()}),
        job_store(stores.JobStates(KeySpaceOf(settings))),
        jobs(analysis, job_store.get(), clock),
        server(ServerOptionsOf(settings.server),
               api::MakeRouter(WholeApiOptions(authenticator),
                               {analysis, store, memory.get(), stores.Describe(), statistics, panel,
                                clock, logger, &budget, &exporter, JobsToTell(),
                                histories.history.get(), &alerts, audit.history.get()}),
               api::MakeHooks(WholeApiOptions(authenticator), logger, &exporter), clock, logger) {
    if (rate_store != nullptr) {
      rate_sharing = std::make_unique<api::RateSharing>(*rates, *rate_store, clock);
    }
    if (stores.failover == nullptr || budget_stores.failover == nullptr) return;
    stores.failover->OnLoss([sums = budget_stores.failover.get()] { sums->RestoreAfterLoss(); });
  }

  /// How far a job is tells that somebody had the content analysed. A job's verdict is found in the
  /// cache.
  analysis::JobBoard* JobsToTell() {
    const bool is_on = settings.cache.mode == config::CacheMode::kOn;
    return settings.history.lookups_are_own || !is_on ? nullptr : &jobs;
  }

  /// The parts that the routes use outlive them.
  api::ApiOptions WholeApiOptions(
      const std::shared_ptr<const api::Authenticator>& authenticator) const {
    api::ApiOptions options = ApiOptionsOf(settings);
    options.authenticator = authenticator;
    options.spool_budget = spool_budget;
    options.rates = rates;
    options.is_stopping = [this] { return stopping.load(); };
    return options;
  }

  /// The vendors whose credentials the start checks; none with a sandbox, which accepts any.
  std::vector<std::shared_ptr<detection::Detector>> VendorsToCheck() const {
    if (!settings.detection.check_credentials || IsDemo(settings)) return {};
    return panel.Vendors();
  }

  const config::Settings settings;
  std::atomic<bool> stopping{false};
  Clock& clock;
  Logger& logger;
  std::shared_ptr<content::SpoolBudget> spool_budget;
  std::unique_ptr<net::HttpClient> http_client;
  detection::InterruptibleTimer pauses;
  detection::DetectorPanel panel;
  Stores stores;
  BudgetStores budget_stores;
  analysis::Budget budget;
  std::unique_ptr<cache::CallJournal> journal;
  std::unique_ptr<cache::MemoryStore> memory;
  cache::TieredStore store;
  cache::LeaseNotifier notifier;
  std::unique_ptr<EventFeed> events;
  metrics::Statistics statistics;
  metrics::Exporter exporter;
  analysis::LoggingObserver log_lines;
  std::unique_ptr<net::HttpClient> webhook_client;
  std::unique_ptr<AlertWebhook> webhook;  ///< Null: alerts are sent nowhere.
  metrics::AlertWatch alerts;
  analysis::ObserverList observers;
  std::shared_ptr<api::RateLimits> rates;
  std::unique_ptr<cache::RateStore> rate_store;      ///< Null without a shared store.
  std::unique_ptr<api::RateSharing> rate_sharing{};  ///< Likewise.
  KeptHistory histories;                             ///< Of users. They outlive the analysis.
  KeptHistory audit;
  analysis::AnalysisService analysis;
  std::unique_ptr<cache::JobStore> job_store;  ///< Null without a shared store.
  analysis::JobBoard jobs;
  http::Server server;
  std::unique_ptr<CredentialReport> credentials;  ///< Set once the server listens.
};

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::Make(const config::Settings& settings, Clock& clock,
                                               Logger& logger) {
  const Result<void> spool = CheckSpoolDirectory(settings.server.spool_directory);
  if (!spool) return spool.error();
  const auto authenticator = MakeAuthenticator(settings.access, clock);
  if (!authenticator) return authenticator.error();
  Result<Stores> opened = OpenStores(settings, clock, logger);
  if (!opened) return std::move(opened).error();
  auto parts =
      std::make_unique<Parts>(settings, *authenticator, std::move(opened).value(), clock, logger);
  ReportStart(settings, parts->panel, parts->stores.local_state, parts->stores.link.name, logger);
  ReportBudget(BudgetOptionsOf(settings), parts->budget_stores, logger);
  if (config::SpendsWithoutBudget(settings)) {
    logger.Warn(
        "No budget limits what the vendors are paid: a mistake or a flood of new contents may cost "
        "any amount (set DAILY_BUDGET_USD)");
  }
  return std::unique_ptr<Service>(new Service(std::move(parts)));
}

Result<void> Service::Start() {
  if (Result<void> started = parts_->server.Start(); !started) return started;
  parts_->statistics.Start();
  if (parts_->rate_sharing != nullptr) parts_->rate_sharing->Start();
  for (const KeptHistory* kept : {&parts_->histories, &parts_->audit}) {
    if (kept->history != nullptr) kept->history->Start();
  }
  if (parts_->stores.local != nullptr) parts_->stores.local->Start();
  if (parts_->stores.failover != nullptr) parts_->stores.failover->Start();
  if (parts_->budget_stores.failover != nullptr) parts_->budget_stores.failover->Start();
  ReportUnfinishedCalls(parts_->journal.get(), parts_->stores.counters(),
                        parts_->stores.failover.get(), parts_->clock, parts_->logger);
  const std::string& host = parts_->settings.server.host;
  const bool everywhere = host == "0.0.0.0" || host == "::";
  const std::string address =
      "http://" + (everywhere ? "localhost" : host) + ":" + std::to_string(parts_->server.port());
  parts_->logger.Info("Listening", {{"url", address}, {"host", host}});
  if (parts_->webhook != nullptr) parts_->webhook->Start(InstanceName(parts_->server.port()));
  parts_->alerts.Start();
  parts_->credentials = std::make_unique<CredentialReport>(parts_->VendorsToCheck(), parts_->clock,
                                                           parts_->logger, &parts_->alerts);
  return {};
}

std::uint16_t Service::port() const noexcept {
  return parts_->server.port();
}

Result<void> Service::Wait() {
  return parts_->server.Wait();
}

void Service::TurnClientsAway(std::chrono::milliseconds time) {
  parts_->stopping = true;
  parts_->server.Drain();
  if (time.count() == 0) return;
  parts_->logger.Info("Not ready from now on; clients and balancers may turn away",
                      {{"delay_ms", static_cast<std::int64_t>(time.count())}});
  parts_->clock.SleepUntil(parts_->clock.Now() + time);
}

bool Service::Stop(Notice notice) {
  const config::ServerSettings& server = parts_->settings.server;
  const std::chrono::milliseconds grace = server.shutdown_grace;
  const SteadyTime end = parts_->clock.Now() + grace;
  const Deadline deadline = Deadline::At(end);
  // Polling ends earlier, so that a call has time for a last poll.
  parts_->pauses.EndBy(Deadline::At(end - grace / 4));
  TurnClientsAway(notice == Notice::kGiven ? std::min(server.shutdown_delay, grace / 2)
                                           : std::chrono::milliseconds(0));
  parts_->logger.Info("Stopping: no new connections; what is in flight may finish",
                      {{"grace_ms", static_cast<std::int64_t>(grace.count())}});
  // Who has asked already may still have a paid call begun.
  parts_->server.StopAccepting(std::min(kLastAdmissions, grace / 4));
  // Handlers that wait for a vendor return earlier, so that their answers still go out.
  parts_->analysis.StopBy(Deadline::At(end - grace / 10));
  parts_->server.Stop(deadline.Remaining(parts_->clock));
  const bool drained = parts_->analysis.Drain(deadline);
  if (!drained && parts_->stores.failover != nullptr) {
    // The next upload of what is cut off need not wait for the end of its lease.
    constexpr std::chrono::seconds kReleaseTime{1};
    parts_->stores.failover->ReleaseLeases(Deadline::After(parts_->clock, kReleaseTime));
  }
  parts_->jobs.Stop();
  parts_->alerts.Stop();
  if (parts_->webhook != nullptr) parts_->webhook->Stop();
  parts_->credentials.reset();
  parts_->statistics.Stop();
  if (parts_->rate_sharing != nullptr) parts_->rate_sharing->Stop();
  for (const KeptHistory* kept : {&parts_->histories, &parts_->audit}) {
    if (kept->history != nullptr) kept->history->Stop();
  }
  if (parts_->stores.failover != nullptr) parts_->stores.failover->Stop();
  if (parts_->budget_stores.failover != nullptr) parts_->budget_stores.failover->Stop();
  if (parts_->stores.local != nullptr) parts_->stores.local->Stop();
  if (drained) {
    parts_->logger.Info("Stopped");
  } else {
    parts_->logger.Error(
        "Stopped with paid calls in flight: their verdicts are lost; look them up at the vendor");
  }
  return drained;
}

}  // namespace vcache::app
