#include "app/startup_report.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "app/version.h"

namespace vcache::app {
namespace {

std::int64_t Megabytes(std::uint64_t bytes) {
  return static_cast<std::int64_t>(bytes / (1024 * 1024));
}

void ReportShared(std::string_view redis, bool tls, LocalStoreState local, Logger& logger) {
  const bool is_cluster = redis.find("+cluster://") != std::string_view::npos;
  logger.Info(is_cluster ? LogMessage("Store: Redis Cluster, shared with whoever uses the same one")
                         : LogMessage("Store: Redis, shared with whoever uses the same one"),
              {{"url", redis}, {"tls", tls}});
  if (local != LocalStoreState::kOpen) {
    logger.Warn(
        "No local store: verdicts paid for while Redis is away live in memory only (set "
        "CACHE_DIR)");
  }
}

void ReportStore(const config::CacheSettings& cache, LocalStoreState store, std::string_view redis,
                 Logger& logger) {
  if (cache.mode == config::CacheMode::kOff) {
    logger.Warn("Cache: off (CACHE_MODE=off); every analysis is paid for");
    return;
  }
  if (cache.mode == config::CacheMode::kShadow) {
    logger.Warn(
        "Cache: in the shadow (CACHE_MODE=shadow); every analysis is paid for, and what the cache "
        "would have saved is counted");
  }
  const std::string directory = cache.directory.string();
  if (!redis.empty()) {
    ReportShared(redis, redis.starts_with("rediss") || redis.starts_with("https://"), store,
                 logger);
  } else if (store == LocalStoreState::kOpen) {
    logger.Info("Store: embedded SQLite; verdicts survive restarts", {{"dir", directory}});
  } else if (cache.memory_bytes > 0) {
    logger.Warn("Store: none; verdicts live in memory and are lost at a restart (set CACHE_DIR)");
  } else {
    logger.Warn("Store: none, and no memory tier: nothing is cached (set CACHE_DIR)");
  }
  logger.Info("Cache", {{"memory_mb", Megabytes(cache.memory_bytes)},
                        {"ttl_analysis_s", static_cast<std::int64_t>(cache.ttl_analysis.count())},
                        {"ttl_text_s", static_cast<std::int64_t>(cache.ttl_text.count())}});
}

void ReportVendors(const config::DetectionSettings& settings, const detection::DetectorPanel& panel,
                   Logger& logger) {
  if (!settings.sandbox_url.empty()) {
    logger.Warn(
        "Vendors: the sandbox stands in for all of them; verdicts are made up and marked "
        "demo",
        {{"url", config::OriginOnly(settings.sandbox_url)}});
  }
  if (settings.provenance == ProvenanceMode::kDecide) {
    logger.Warn(
        "Vendors: not asked about files that declare themselves generated "
        "(DETECTION_PROVENANCE=decide); anybody can write such a claim");
  }
  const std::string_view mode =
      settings.mode == DetectionMode::kFallback ? "fallback" : "consensus";
  for (const detection::MediaKind kind : detection::kMediaKinds) {
    std::string names;
    for (const std::string& name : panel.Providers(kind)) {
      if (!names.empty()) names += ",";
      names += name;
    }
    if (!names.empty()) {
      logger.Info("Vendors", {{"kind", MediaKindName(kind)}, {"names", names}, {"mode", mode}});
    } else if (kind == detection::MediaKind::kText) {
      logger.Warn(
          "Vendors: none for this kind; new ones answer 503 (set SAPLING_API_KEY, OPENAI_API_KEY "
          "or another vendor's key)",
          {{"kind", MediaKindName(kind)}});
    } else {
      logger.Warn(
          "Vendors: none for this kind; new ones answer 503 (set SIGHTENGINE_API_USER and "
          "SIGHTENGINE_API_SECRET, or another vendor's key)",
          {{"kind", MediaKindName(kind)}});
    }
  }
}

/// Kinds of credentials, as a comma list of the variables that hold them.
std::string Listed(std::initializer_list<std::pair<std::string_view, bool>> variables) {
  std::string listed;
  for (const auto& [name, is_set] : variables) {
    if (is_set) listed.append(listed.empty() ? "" : ",").append(name);
  }
  return listed;
}

void ReportAccess(const config::Settings& settings, Logger& logger) {
  const config::AccessSettings& access = settings.access;
  const auto grants = [](const NamedKey& key) { return key.scope != AccessScope::kUser; };
  const bool admin_keys = std::any_of(access.api_keys.begin(), access.api_keys.end(), grants);
  const bool jwt = !access.jwt_secret.empty() || !access.jwt_public_key.empty();
  const std::string admins = Listed({{"ADMIN_TOKEN", !access.admin_token.empty()},
                                     {"ADMIN_TOKENS", !access.admin_tokens.empty()},
                                     {"API_KEYS", admin_keys},
                                     {"JWT", jwt}});
  if (admins.empty()) {
    logger.Warn("Admin routes: turned off (set ADMIN_TOKEN)");
  } else {
    logger.Info("Admin routes: for those with the right credentials", {{"by", admins}});
  }
  const std::string users = Listed({{"API_KEYS", !access.api_keys.empty()}, {"JWT", jwt}});
  if (!users.empty()) {
    logger.Info("Analysis routes: for those with the right credentials", {{"by", users}});
  } else if (config::ListensOnLoopback(settings.server)) {
    logger.Info("Analysis routes: open to every program of this machine");
  } else {
    logger.Warn(
        "Analysis routes: open to everybody who can reach them; set API_KEYS or JWT_SECRET, put an "
        "authenticating proxy in front, or keep the port private");
  }
}

}  // namespace

void ReportStart(const config::Settings& settings, const detection::DetectorPanel& panel,
                 LocalStoreState store, std::string_view redis, Logger& logger) {
  logger.Info("VerdictCache starts", {{"version", kVersion}});
  ReportStore(settings.cache, store, redis, logger);
  ReportVendors(settings.detection, panel, logger);
  logger.Info(
      "Limits",
      {{"max_upload_mb", Megabytes(settings.server.max_upload_bytes)},
       {"text_chars", std::string_view(std::to_string(settings.detection.text_min_chars) + "-" +
                                       std::to_string(settings.detection.text_max_chars))},
       {"workers", static_cast<std::int64_t>(settings.server.workers())},
       {"connections", static_cast<std::int64_t>(settings.server.max_connections)}});
  ReportAccess(settings, logger);
  if (settings.alerts.webhook_url.empty()) return;
  logger.Info("Alerts are sent to a webhook",
              {{"origin", config::OriginOnly(settings.alerts.webhook_url.Reveal())},
               {"signed", !settings.alerts.webhook_secret.empty()}});
}

}  // namespace vcache::app
