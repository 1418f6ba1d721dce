#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "vcache/core/access.h"
#include "vcache/core/cost_unit.h"
#include "vcache/core/detection_mode.h"
#include "vcache/core/ip_address.h"
#include "vcache/core/log.h"
#include "vcache/core/provenance.h"
#include "vcache/core/result.h"
#include "vcache/core/secret.h"
#include "vcache/core/usd.h"
#include "vcache/core/vendor_table.h"

namespace vcache::config {

enum class LogFormat { kText, kJson };
enum class CacheMode { kOn, kShadow, kOff };

// These values are the defaults; the documentation and `.env.example` show them.

struct ServerSettings {
  std::string host = "0.0.0.0";
  std::uint16_t port = 8080;                              ///< 0 takes a free one.
  std::uint64_t max_upload_bytes = 100ULL * 1024 * 1024;  ///< `MAX_UPLOAD_MB`
  std::size_t max_connections = 4096;
  std::size_t max_connections_per_address = 2048;
  std::size_t max_event_streams = 1000;
  std::size_t worker_threads = 0;  ///< 0: see `workers`.
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds keep_alive_timeout{120'000};
  std::chrono::milliseconds shutdown_grace{20'000};
  std::chrono::milliseconds shutdown_delay{2'000};  ///< A part of it; half of it at most.
  std::size_t trusted_proxy_hops = 0;               ///< 0: as many as the trusted proxies wrote.
  std::vector<IpNetwork> trusted_proxies;           ///< Empty: from anywhere, with hops.
  bool reads_forwarded = false;                     ///< `TRUSTED_PROXY_HEADER=forwarded`
  /// In the browsers' form: lower case, without a default port or a final slash.
  std::vector<std::string> cors_origins;
  /// `CORS_HEADERS`. Tracing and error reporting add the default ones to a page's requests.
  std::vector<std::string> cors_headers{"baggage", "sentry-trace", "traceparent", "tracestate",
                                        "X-Requested-With"};
  bool cors_credentials = false;
  bool allow_core_dumps = false;
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_header_fields = 64;
  std::size_t max_target_bytes = 2 * 1024;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::filesystem::path spool_directory = "/tmp";               ///< `SPOOL_DIR`
  std::uint64_t spool_memory_bytes = 256ULL * 1024 * 1024;      ///< `SPOOL_MEMORY_MB`
  std::uint64_t spool_disk_bytes = 10ULL * 1024 * 1024 * 1024;  ///< `SPOOL_DISK_MB`
  unsigned spool_percent_per_address = 50;
  std::size_t max_uploads_per_address = 1024;

  /// The number of worker threads: by default four for each processor, and at least 8.
  std::size_t workers() const {
    if (worker_threads > 0) return worker_threads;
    return std::max<std::size_t>(4 * std::size_t{std::thread::hardware_concurrency()}, 8);
  }
};

struct AccessSettings {
  bool open = false;  ///< `ACCESS=open`: the analysis routes are open on purpose.
  Secret admin_token;
  Secret admin_token_previous;
  Secret metrics_token;
  std::vector<NamedKey> admin_tokens;  ///< `ADMIN_TOKENS`
  Secret jwt_secret;
  Secret jwt_secret_previous;
  std::string jwt_public_key;  ///< One or several, in PEM.
  std::string jwt_issuer;      ///< Empty: any.
  std::string jwt_audience;    ///< Empty: any.
  std::vector<std::string> admin_user_ids;
  std::vector<NamedKey> api_keys;  ///< `API_KEYS`
  /// `SPENDING_ROLES`: who may have known content paid for again.
  std::vector<std::string> spending_roles{"admin", "key"};
  std::vector<std::string> allowed_hosts;  ///< In lower case; `*.` before a name: all below it.
  /// The names under which hosting platforms publish the service, as they set them.
  std::vector<std::string> platform_hosts;

  /// Whether the analysis routes need credentials.
  bool has_users() const noexcept {
    return !jwt_secret.empty() || !jwt_secret_previous.empty() || !jwt_public_key.empty() ||
           !api_keys.empty();
  }
};

/// Requests of one caller; 0: no limit.
struct RateSettings {
  std::uint64_t lookups = 0;      ///< `RATE_LIMIT_LOOKUPS`, in a minute.
  std::uint64_t analyses = 0;     ///< `RATE_LIMIT_ANALYSES`, in a minute.
  std::uint64_t paid_minute = 0;  ///< `RATE_LIMIT_PAID_PER_MINUTE`
  std::uint64_t paid_day = 0;     ///< `RATE_LIMIT_PAID_PER_DAY`
  std::uint64_t tries = 10;       ///< `RATE_LIMIT_FAILED_TRIES`, in a minute.
  std::size_t callers = 65'536;   ///< `RATE_LIMIT_CALLERS`
};

struct HistorySettings {
  std::size_t entries = 100;             ///< `HISTORY_ENTRIES` of each user; 0: none is kept.
  std::chrono::seconds life{7'776'000};  ///< `HISTORY_DAYS`
  bool file_names = true;                ///< `HISTORY_FILE_NAMES`
  bool lookups_are_own = false;          ///< `LOOKUP_SCOPE=own`
};

struct AuditSettings {
  std::size_t entries = 1'000;            ///< `AUDIT_ENTRIES`; 0: no trail is kept.
  std::chrono::seconds life{34'560'000};  ///< `AUDIT_DAYS`
};

struct CacheSettings {
  CacheMode mode = CacheMode::kOn;
  std::filesystem::path directory = "./data";  ///< Empty: no local store.
  std::string key_prefix;
  Secret key_secret;
  std::chrono::seconds ttl_analysis{604'800};
  std::chrono::seconds ttl_text{2'592'000};
  std::uint64_t local_copies_bytes = 256ULL * 1024 * 1024;  ///< `LOCAL_COPIES_MB`; 0: none.
  std::size_t memory_bytes = 64ULL * 1024 * 1024;  ///< `MEMORY_CACHE_MB`; 0: no memory tier.
  std::chrono::seconds memory_ttl{300};
  std::chrono::seconds partial_ttl{3'600};
  std::size_t compress_min_bytes = 1024;
  bool same_detectors = false;  ///< `CACHE_SAME_DETECTORS`
};

/// The shared store, over TCP or REST; at most one of the two is set.
struct RedisSettings {
  Secret url;        ///< `REDIS_URL`, which may hold a password.
  std::string host;  ///< `REDIS_HOST`; this and the next four say the same in parts.
  std::uint16_t port = 6379;
  Secret username;
  Secret password;
  bool tls = false;
  std::string rest_url;  ///< Without a slash at the end; empty: none over REST.
  Secret rest_token;
  std::string rest_ca;  ///< A file; empty: the system's authorities.
  std::chrono::milliseconds timeout{250};
  std::chrono::milliseconds outage_patience{2'500};
  // These two hold for the local store too. 0: no limit.
  std::size_t outage_calls_per_minute = 60;
  std::size_t outage_calls_total = 1'000;

  /// `url`, else the URL that the parts make; empty: none over TCP.
  Secret Address() const;
  bool is_shared() const noexcept { return !url.empty() || !host.empty() || !rest_url.empty(); }
};

/// Limits and protection of paid calls, for all vendors.
struct CallSettings {
  /// `CALL_TIMEOUT_MS`; 0: the time-out of the slowest vendor, plus half a minute for the rate
  /// limiter.
  std::chrono::milliseconds timeout{0};
  std::chrono::milliseconds lease_life{40'000};    ///< `LEASE_LIFE_MS`
  std::chrono::seconds failure_pause{1};           ///< 0: no pauses.
  std::chrono::seconds longest_failure_pause{30};  ///< `FAILURE_PAUSE_MAX`
  std::size_t max_waiters = 16'384;                ///< Of one content.
  std::chrono::milliseconds longest_wait{30'000};  ///< `MAX_WAIT_MS`
};

struct VendorSettings {
  std::string account;  ///< What some vendors want together with the key.
  Secret key;
  std::string base_url;  ///< Without a slash at the end; of the custom vendor the whole URL.
  std::chrono::milliseconds timeout{0};
  Usd cost{};
  std::size_t max_concurrency = 0;
  /// `<VENDOR>_MONTHLY_BUDGET_USD`; empty: no limit.
  std::optional<Usd> monthly_budget{};
};

/// As the table of vendors has them.
ByVendor<VendorSettings> DefaultVendors();

/// What all vendors together may cost; empty: no limit.
struct BudgetSettings {
  std::optional<Usd> daily{};    ///< `DAILY_BUDGET_USD`
  std::optional<Usd> monthly{};  ///< `MONTHLY_BUDGET_USD`
  /// `MAX_COST_PER_CALL_USD`: what one analysis may cost.
  std::optional<Usd> dearest_call{};
  std::chrono::seconds longest_video{0};  ///< `MAX_VIDEO_SECONDS`; 0: no limit.
};

/// Names with values, in their order.
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// What only the vendor by configuration has, `CUSTOM_*`; without a URL there is none.
struct CustomSettings {
  std::string method = "POST";
  Pairs headers;
  std::vector<std::string> kinds;  ///< `image`, `video`, `text`
  std::string file_field;
  Pairs form_fields;
  std::string body;  ///< A JSON text.
  std::string score_pointer;
  double score_max = 1;
  bool score_is_human = false;  ///< `CUSTOM_SCORE_MEANS`
  std::string confidence_pointer;
  double confidence_max = 1;
  std::string state_pointer;
  std::vector<std::string> state_done;
  std::vector<std::string> state_failed;
  std::vector<std::string> state_pending;
  std::string id_pointer;
  std::string poll_url;
  std::string poll_url_pointer;
  std::chrono::milliseconds poll_interval{2'000};
  std::vector<int> free_statuses{401, 403, 429};
  CostUnit cost_unit = CostUnit::kCall;  ///< `CUSTOM_COST_PER`
  std::string units_pointer;             ///< `CUSTOM_UNITS_POINTER`
};

struct DetectionSettings {
  /// Vendors in order; empty: every vendor with credentials that serves the kind.
  std::vector<VendorId> image;
  std::vector<VendorId> video;
  std::vector<VendorId> text;
  DetectionMode mode = DetectionMode::kConsensus;  ///< `DETECTION_MODE`
  std::string sandbox_url;  ///< `DETECTION_SANDBOX_URL`; empty: real vendors.
  ProvenanceMode provenance = ProvenanceMode::kReport;  ///< `DETECTION_PROVENANCE`
  std::size_t text_min_chars = 50;
  std::size_t text_max_chars = 5000;
  int retries = 2;  ///< `DETECTION_RETRIES`
  /// `CHECK_CREDENTIALS`: ask the vendors at start whether they know the credentials.
  bool check_credentials = true;

  ByVendor<VendorSettings> vendors = DefaultVendors();
  std::string copyleaks_login_url = "https://id.copyleaks.com";
  std::int64_t sightengine_operations = 5;  ///< `SIGHTENGINE_OPERATIONS_PER_IMAGE`
  std::string openai_model = "gpt-4o-mini";
  CustomSettings custom;
};

/// What follows it in `ALERT_WEBHOOK_SECRET` is base64 of the secret (Standard Webhooks).
inline constexpr std::string_view kWebhookSecretMark = "whsec_";

struct AlertSettings {
  Secret webhook_url;     ///< Empty: alerts are sent nowhere.
  Secret webhook_secret;  ///< Empty: what is sent is not signed.
};

/// The whole configuration, read once at start.
struct Settings {
  ServerSettings server;
  AccessSettings access;
  RateSettings rates;
  HistorySettings history;
  AuditSettings audit;
  CacheSettings cache;
  RedisSettings redis;
  CallSettings calls;
  DetectionSettings detection;
  BudgetSettings budget;
  AlertSettings alerts;
};

/// The vendors that can be called and cost money; none while the sandbox stands in for them.
std::vector<VendorId> PaidVendors(const DetectionSettings& settings);

/// Whether some vendor's calls are limited by no budget.
bool SpendsWithoutBudget(const Settings& settings);

/// Whether only this machine can reach the service.
bool ListensOnLoopback(const ServerSettings& settings);

/// Reads one variable of the process environment; empty when it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The variables of a `.env` file by name.
using EnvFile = std::map<std::string, std::string, std::less<>>;

Environment ProcessEnvironment();
/// Looks in `first`, then in `file`. A variable that is set but empty in `first` hides the file's.
Environment Layered(Environment first, EnvFile file);
/// Looks in `secrets` before both; what is not there is not hidden.
Environment Layered(EnvFile secrets, Environment process, EnvFile file);

/// Reads the lines `NAME=value` of a `.env` file. Supports comments, `export`, single and double
/// quotes like shells and hosting panels; expands nothing. kBadConfiguration lists the first
/// malformed lines with file name and number, one a line, and never quotes a possible secret.
Result<EnvFile> ParseEnvFile(std::string_view text);

/// The unknown names in a `.env` file, probably misspelt; one that looks like a secret is
/// described.
std::vector<std::string> UnknownNames(const EnvFile& file);

bool HoldsSecrets(const EnvFile& file);

/// Reads and validates all variables, from `process` first, then from `file`. White space around a
/// value does not count. A variable that is set but empty counts as not set, except that an empty
/// `CACHE_DIR` disables the local store. Rejects a value of `process` that the same line in `file`
/// would change: in quotes, or with a comment. Error: kBadConfiguration lists each wrong variable,
/// one a line: the size and shape of its value (never the value) and what it may hold.
///
/// `secrets` come before both: what the files hold that `<NAME>_FILE` names, by `NAME`.
Result<Settings> LoadSettings(const Environment& process, const EnvFile& file = {},
                              const EnvFile& secrets = {});

/// `<NAME>_FILE` for each secret `NAME` whose value may stand in a file of its own, with `NAME`.
std::map<std::string, std::string> SecretFileVariables();

/// How much of a variable's values may be shown. The default is kSecret.
enum class Exposure {
  kSecret,  ///< Only that it is set.
  kOrigin,  ///< Of a URL `scheme://host:port`.
  kWhole,
};

/// One variable as `.env.example` and the documentation show it.
struct VariableInfo {
  std::string_view name;
  std::string_view group;
  std::string_view unit;         ///< `ms`, `MB`, `seconds`, ... or empty.
  std::string default_value;     ///< In the variable's notation; empty: none.
  std::string_view description;  ///< One line.
  Exposure exposure = Exposure::kSecret;
};

/// Every variable that `LoadSettings` reads, in the documentation's order.
std::vector<VariableInfo> Variables();

/// The effective configuration for `--check-config`, as `NAME=value` lines. Secrets are `********`;
/// default values end with `  # default`. Unless masked, the lines are valid in a `.env` file.
std::string Describe(const Settings& settings, const Environment& environment);

/// A URL for logs: `scheme://host:port`, then `/` with an ellipsis if more follows. User, path and
/// query may hold a token. `********` for other texts than http and https URLs.
std::string OriginOnly(std::string_view url);

}  // namespace vcache::config
