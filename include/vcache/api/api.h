#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/analysis/analysis_service.h"
#include "vcache/analysis/budget.h"
#include "vcache/analysis/job_board.h"
#include "vcache/api/auth/authenticator.h"
#include "vcache/api/history.h"
#include "vcache/api/rate_limits.h"
#include "vcache/cache/entry_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/memory/memory_store.h"
#include "vcache/cache/tiers/tiered_store.h"
#include "vcache/content/spool.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/detection/detector_panel.h"
#include "vcache/http/server/router.h"
#include "vcache/http/server/server.h"
#include "vcache/metrics/alert_watch.h"
#include "vcache/metrics/exporter.h"
#include "vcache/metrics/statistics.h"

namespace vcache::api {

struct ApiOptions {
  std::string version;
  std::uint64_t max_upload_bytes = 100ULL * 1024 * 1024;
  std::size_t text_min_chars = 50;
  std::size_t text_max_chars = 5000;
  content::SpoolOptions spool;
  std::shared_ptr<content::SpoolBudget> spool_budget;  ///< Of all uploads; null: no limits.
  /// Whose credentials are accepted. Null: the analysis routes are open, and the admin routes
  /// answer 403 and name the variable that enables them.
  std::shared_ptr<const Authenticator> authenticator;
  /// Names that the service answers under besides addresses and local names; empty: any.
  std::vector<std::string> hosts;
  /// What callers may do in a minute or a day. Null: no limits.
  std::shared_ptr<RateLimits> rates;
  /// Exact origins whose pages may call, read answers and change things.
  std::vector<std::string> cors_origins;
  /// Request headers that these pages may send besides those that the API reads.
  std::vector<std::string> cors_headers;
  /// Whether browsers may send cookies along with these pages' requests.
  bool cors_credentials = false;
  /// `LOOKUP_SCOPE=own`: users find by hash what they have had analysed themselves, and answers do
  /// not tell what others have. Needs a history.
  bool lookups_are_own = false;
  /// Whether the service is about to stop: then it is not ready, though it answers. Null: never.
  std::function<bool()> is_stopping;
  /// What `CACHE_MODE` asks of the cache for every request: nothing unless it is off or shadow.
  analysis::CacheUse mode{};
  /// Verdicts come from the sandbox.
  bool demo = false;
  /// The stores' names for contents; admin requests are translated into them, log lines use them.
  cache::KeySpace keys{};
  /// The longest lives of imported entries: of files, texts, and partial verdicts.
  std::chrono::seconds ttl_analysis{604'800};
  std::chrono::seconds ttl_text{2'592'000};
  std::chrono::seconds ttl_partial{3'600};
  /// Clients at once that follow a job by server-sent events.
  std::size_t max_event_streams = 1000;
};

/// The store behind the memory tier, for statistics and readiness.
struct BackingStore {
  cache::VerdictStore* store = nullptr;  ///< Null without a store.
  std::string backend = "sqlite";        ///< Its name in answers.
  std::string serving = "embedded";      ///< Its `status` while available.
  /// Whether the disk keeps verdicts while the store is unavailable.
  bool has_fallback = false;
  /// Number of writes that wait for the store; empty if writes never wait.
  std::function<std::uint64_t()> pending_writes{};
  /// What the store keeps, for administrators; null if it cannot tell.
  cache::EntryStore* entries = nullptr;

  bool available() const { return store != nullptr && store->available(); }
  std::string_view name() const { return store != nullptr ? backend : std::string_view("none"); }
  /// Costs no command of the store.
  metrics::StoreReadings Read(bool has_memory) const {
    return {std::string(name()), store != nullptr, available(),
            has_memory,          has_fallback,     pending_writes ? pending_writes() : 0};
  }
};

/// What the routes call; all must outlive the router. A pointer is null where its tier is disabled.
struct ApiParts {
  analysis::AnalysisService& analysis;
  cache::TieredStore& store;
  cache::MemoryStore* memory;
  BackingStore backing;
  metrics::Statistics& statistics;
  const detection::DetectorPanel& panel;
  Clock& clock;
  Logger& logger;
  analysis::Budget* budget = nullptr;           ///< Null: no limits.
  metrics::Exporter* exporter = nullptr;        ///< Null: no `/metrics`.
  analysis::JobBoard* jobs = nullptr;           ///< Null: every analysis is waited for.
  History* history = nullptr;                   ///< Null: none is kept.
  const metrics::AlertWatch* alerts = nullptr;  ///< Null: nothing is watched.
  History* audit = nullptr;  ///< Of what administrators change; null: none is kept.
};

/// Makes every route of the service. It keeps the options; handlers are thread-safe.
http::Router MakeRouter(ApiOptions options, ApiParts parts);

/// Problem details for errors, security and CORS headers for all answers, one log line per request.
/// `exporter` counts the requests; null: nobody does.
http::ServerHooks MakeHooks(const ApiOptions& options, Logger& logger,
                            metrics::Exporter* exporter = nullptr);

}  // namespace vcache::api
