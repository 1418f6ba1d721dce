#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/analysis/analysis_service.h"
#include "vcache/analysis/budget.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/memory/memory_store.h"
#include "vcache/cache/tiers/tiered_store.h"
#include "vcache/content/spool.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/secret.h"
#include "vcache/detection/detector_panel.h"
#include "vcache/http/server/router.h"
#include "vcache/http/server/server.h"
#include "vcache/metrics/statistics.h"

namespace vcache::api {

struct ApiOptions {
  std::string version;
  std::uint64_t max_upload_bytes = 100ULL * 1024 * 1024;
  std::size_t text_min_chars = 50;
  std::size_t text_max_chars = 5000;
  content::SpoolOptions spool;
  /// Empty: the admin routes answer 403 and say how to turn them on.
  Secret admin_token;
  /// Exact origins that browsers may call from.
  std::vector<std::string> cors_origins;
  /// Names of request headers that they may send beside those that the API reads.
  std::vector<std::string> cors_headers;
  /// Verdicts come from a stand-in.
  bool demo = false;
  /// How the stores name contents: what administrators ask for is put into their terms, and log
  /// lines name contents so.
  cache::KeySpace keys{};
};

/// The store behind the memory tier, as statistics and readiness call it.
struct BackingStore {
  cache::VerdictStore* store = nullptr;  ///< Null: there is none.
  std::string backend = "sqlite";        ///< Its name in answers.
  std::string serving = "embedded";      ///< Its `status` while it is available.
  /// Whether verdicts are kept on disk while it is away.
  bool has_fallback = false;
  /// How many writes wait for it; empty when none ever does.
  std::function<std::uint64_t()> pending_writes{};

  bool available() const { return store != nullptr && store->available(); }
  std::string_view name() const { return store != nullptr ? backend : std::string_view("none"); }
};

/// What the routes speak to. References and pointers must outlive the router; pointers may be null
/// where a tier is turned off.
struct ApiParts {
  analysis::AnalysisService& analysis;
  cache::TieredStore& store;
  cache::MemoryStore* memory;
  BackingStore backing;
  metrics::Statistics& statistics;
  const detection::DetectorPanel& panel;
  Clock& clock;
  Logger& logger;
  analysis::Budget* budget = nullptr;  ///< Null: nothing is limited.
};

/// Every route of the service. The options are kept; handlers are thread-safe.
http::Router MakeRouter(ApiOptions options, ApiParts parts);

/// Problem details for errors, security and CORS headers for every answer, one log line a request.
http::ServerHooks MakeHooks(const ApiOptions& options, Logger& logger);

}  // namespace vcache::api
