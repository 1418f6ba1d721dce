#include <algorithm>
#include <array>

#include "config/custom_variables.h"
#include "config/guessable.h"
#include "config/keyed_vendor_variables.h"
#include "config/url.h"
#include "config/values.h"
#include "config/variable_kinds.h"

namespace vcache::config {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kMinuteMs = 60'000;

std::optional<std::vector<std::string>> ParseOrigins(std::string_view text) {
  auto origins = ParseList(text);
  for (std::size_t i = 0; origins && i < origins->size(); ++i) {
    const auto url = ParseUrl((*origins)[i]);
    if (url && url->path.empty() && !url->has_user && !url->has_query && !url->has_fragment) {
      (*origins)[i] = Origin(*url);
    } else {
      origins.reset();
    }
  }
  return origins;
}

bool IsKeyPrefix(std::string_view text) {
  return text.size() <= 64 && IsVisibleAscii(text) &&
         text.find_first_of("*?[]\\{}") == std::string_view::npos;
}

constexpr std::size_t kLeastToken = 16;
constexpr std::size_t kLeastKeySecret = 32;
constexpr std::size_t kMostKeySecret = 4096;

bool IsAdminToken(std::string_view text) {
  return text.size() >= kLeastToken && IsCredential(text) && !IsGuessable(text, kLeastToken);
}

bool IsKeySecret(std::string_view text) {
  return text.size() >= kLeastKeySecret && text.size() <= kMostKeySecret &&
         !IsGuessable(text, kLeastKeySecret);
}

using Table = std::vector<Variable>;

Table Listening() {
  return {
      Harmless(Text(
          {"HOST", "", "Address or host name to listen on; 0.0.0.0 is every IPv4 interface"},
          "an IP address or a host name", IsHost, [](auto& s) -> auto& { return s.server.host; })),
      Whole(
          {"PORT", "", "Port to listen on; 0 takes a free one and logs it"}, 0, 65'535,
          [](auto& s) -> auto& { return s.server.port; }),
      Whole(
          {"MAX_UPLOAD_MB", "MB", "Largest image or video that is accepted"}, 1, 4096,
          [](auto& s) -> auto& { return s.server.max_upload_bytes; }, kMiB),
      Whole(
          {"MAX_CONNECTIONS", "", "Open connections at once; more are refused"}, 1, 1'000'000,
          [](auto& s) -> auto& { return s.server.max_connections; }),
      Whole(
          {"MAX_CONNECTIONS_PER_ADDRESS", "",
           "Open connections from one address; behind a proxy all clients share its address"},
          1, 1'000'000, [](auto& s) -> auto& { return s.server.max_connections_per_address; }),
      Whole(
          {"WORKER_THREADS", "",
           "Requests in progress at once, also those that wait for a vendor; idle connections do "
           "not count"},
          1, 4096, [](auto& s) -> auto& { return s.server.worker_threads; }),
      Whole(
          {"HEADER_TIMEOUT_MS", "ms", "Time a client has to send a request's head"}, 1,
          10 * kMinuteMs, [](auto& s) -> auto& { return s.server.header_timeout; }),
      Whole(
          {"KEEP_ALIVE_TIMEOUT_MS", "ms",
           "How long an idle connection stays open; set it longer than in the proxy in front"},
          1, 60 * kMinuteMs, [](auto& s) -> auto& { return s.server.keep_alive_timeout; }),
      Whole(
          {"SHUTDOWN_GRACE_MS", "ms",
           "Time for requests in flight after SIGTERM; set it below the platform's limit"},
          0, 5 * kMinuteMs, [](auto& s) -> auto& { return s.server.shutdown_grace; }),
  };
}

Table Operation() {
  return {
      Harmless(MakeVariable(
          {"CORS_ORIGINS", "", "Sites whose pages may call the API, as a comma list"},
          "a comma list of exact origins like https://www.example.com or "
          "http://localhost:3000, without path or *",
          [](auto& s) -> auto& { return s.server.cors_origins; }, ParseOrigins, JoinList)),
      Choice<LogLevel, 4>(
          {"LOG_LEVEL", "", "Lowest level in the log: debug, info, warn or error"},
          {{{"debug", LogLevel::kDebug},
            {"info", LogLevel::kInfo},
            {"warn", LogLevel::kWarn},
            {"error", LogLevel::kError}}},
          [](auto& s) -> auto& { return s.server.log_level; }),
      Choice<LogFormat, 2>(
          {"LOG_FORMAT", "", "text for people, json for machines"},
          {{{"text", LogFormat::kText}, {"json", LogFormat::kJson}}},
          [](auto& s) -> auto& { return s.server.log_format; }),
      Harmless(Text(
          {"SPOOL_DIR", "", "Folder for uploads over 1 MiB; one in memory counts as memory"},
          "a path", IsPath, [](auto& s) -> auto& { return s.server.spool_directory; })),
  };
}

Table Access() {
  return {
      Text(
          {"ADMIN_TOKEN", "",
           "Token of the admin routes, which are off without it; make one with `openssl rand -hex "
           "32`"},
          "at least 16 printable characters without spaces that nobody guesses (no words like "
          "password, no runs like 1234, no repetitions); make one with `openssl rand -hex 32`",
          IsAdminToken, [](auto& s) -> auto& { return s.access.admin_token; }),
  };
}

Table Cache() {
  Variable directory = Harmless(Text(
      {"CACHE_DIR", "", "Folder of the local store; an empty value turns the store off"}, "a path",
      IsPath, [](auto& s) -> auto& { return s.cache.directory; }));
  directory.empty_is_value = true;
  return {
      Choice<CacheMode, 2>(
          {"CACHE_MODE", "", "on; or off: analyse everything anew and keep nothing"},
          {{{"on", CacheMode::kOn}, {"off", CacheMode::kOff}}},
          [](auto& s) -> auto& { return s.cache.mode; }),
      std::move(directory),
      Harmless(Text(
          {"KEY_PREFIX", "", "Put before every key, for sites that share one store"},
          "at most 64 printable characters without spaces and * ? [ ] \\ { }", IsKeyPrefix,
          [](auto& s) -> auto& { return s.cache.key_prefix; })),
      Text(
          {"KEY_SECRET", "",
           "Turns keys into HMACs, so a leaked store reveals nothing; changing it loses every "
           "entry"},
          "32 to 4096 bytes that nobody guesses (no words like password, no runs like 1234, no "
          "repetitions); make one with `openssl rand -hex 32`",
          IsKeySecret, [](auto& s) -> auto& { return s.cache.key_secret; }),
      Whole(
          {"CACHE_TTL_ANALYSIS", "seconds", "How long the verdict on an image or video is kept"}, 1,
          3660 * kDay, [](auto& s) -> auto& { return s.cache.ttl_analysis; }),
      Whole(
          {"CACHE_TTL_TEXT", "seconds", "How long the verdict on a text is kept"}, 1, 3660 * kDay,
          [](auto& s) -> auto& { return s.cache.ttl_text; }),
      Whole(
          {"MEMORY_CACHE_MB", "MB", "Size of the memory tier; 0 turns it off"}, 0, 65'536,
          [](auto& s) -> auto& { return s.cache.memory_bytes; }, kMiB),
      Whole(
          {"MEMORY_CACHE_TTL", "seconds", "How long an entry stays in the memory tier"}, 1,
          366 * kDay, [](auto& s) -> auto& { return s.cache.memory_ttl; }),
      Whole(
          {"PARTIAL_TTL", "seconds", "How long a verdict is kept when one of its vendors failed"},
          1, 366 * kDay, [](auto& s) -> auto& { return s.cache.partial_ttl; }),
      Whole(
          {"CACHE_COMPRESS_MIN_BYTES", "bytes", "Entries of this size or more are compressed"}, 0,
          kMiB, [](auto& s) -> auto& { return s.cache.compress_min_bytes; }),
      Choice<bool, 2>(
          {"CACHE_SAME_DETECTORS", "", "1: analyse anew what other vendors or models judged"},
          {{{"0", false}, {"1", true}}}, [](auto& s) -> auto& { return s.cache.same_detectors; }),
  };
}

Table Detection() {
  return {
      Vendors(
          {"DETECTORS_IMAGE", "",
           "Vendors for images, in the order of a fallback; by default all with credentials"},
          {"sightengine", "aiornot", "hive", "realitydefender", "custom"},
          [](auto& s) -> auto& { return s.detection.image; }),
      Vendors(
          {"DETECTORS_VIDEO", "", "Vendors for videos; by default all with credentials"},
          {"sightengine", "aiornot", "hive", "realitydefender", "custom"},
          [](auto& s) -> auto& { return s.detection.video; }),
      Vendors(
          {"DETECTORS_TEXT", "", "Vendors for texts; by default all with credentials"},
          {"sapling", "openai", "aiornot", "gptzero", "pangram", "copyleaks", "custom"},
          [](auto& s) -> auto& { return s.detection.text; }),
      Choice<DetectionMode, 2>(
          {"DETECTION_MODE", "",
           "With several vendors: consensus asks and pays all; fallback asks one after another "
           "until one gives a verdict"},
          {{{"consensus", DetectionMode::kConsensus}, {"fallback", DetectionMode::kFallback}}},
          [](auto& s) -> auto& { return s.detection.mode; }),
      BaseUrl(
          {"DETECTION_SANDBOX_URL", "",
           "A detector-sandbox in place of all vendors; every verdict is marked as a demo"},
          [](auto& s) -> auto& { return s.detection.sandbox_url; }),
      Choice<ProvenanceMode, 3>(
          {"DETECTION_PROVENANCE", "",
           "A file's own claim of its origin: off, report it, or decide: a claim of AI is the "
           "verdict and costs no call"},
          {{{"off", ProvenanceMode::kOff},
            {"report", ProvenanceMode::kReport},
            {"decide", ProvenanceMode::kDecide}}},
          [](auto& s) -> auto& { return s.detection.provenance; }),
      Whole(
          {"DETECTION_RETRIES", "",
           "Retries of a failed call that certainly cost nothing; 0 for none"},
          0, 5, [](auto& s) -> auto& { return s.detection.retries; }),
      Whole(
          {"TEXT_MIN_CHARS", "characters", "Shortest text that is judged"}, 1, 1'000'000,
          [](auto& s) -> auto& { return s.detection.text_min_chars; }),
      Whole(
          {"TEXT_MAX_CHARS", "characters", "Longest text that is judged"}, 1, 1'000'000,
          [](auto& s) -> auto& { return s.detection.text_max_chars; }),
      Choice<bool, 2>(
          {"CHECK_CREDENTIALS", "",
           "1: after the start ask the vendors that can be asked for free whether the credentials "
           "are good; 0: do not ask"},
          {{{"0", false}, {"1", true}}},
          [](auto& s) -> auto& { return s.detection.check_credentials; }),
  };
}

/// What `<VENDOR>_BASE_URL`, `_TIMEOUT_MS` and `_COST_USD` have in common.
template <typename Field>
Table Endpoint(std::array<Doc, 3> docs, Field vendor) {
  return {
      BaseUrl(
          docs[0], [vendor](auto& s) -> auto& { return vendor(s).base_url; }),
      Whole(
          docs[1], 1, 10 * kMinuteMs, [vendor](auto& s) -> auto& { return vendor(s).timeout; }),
      Usd(
          docs[2], [vendor](auto& s) -> auto& { return vendor(s).cost_micros; }),
  };
}

Table Credentials(const char* expected) {
  return {
      Text(
          {"SIGHTENGINE_API_USER", "", "Sightengine (images, videos): the account's API user"},
          expected, IsCredential, [](auto& s) -> auto& { return s.detection.sightengine_user; }),
      Text(
          {"SIGHTENGINE_API_SECRET", "",
           "Sightengine: the API secret, needed together with the user"},
          expected, IsCredential, [](auto& s) -> auto& { return s.detection.sightengine_secret; }),
      Text(
          {"SAPLING_API_KEY", "", "Sapling (texts): the API key"}, expected, IsCredential,
          [](auto& s) -> auto& { return s.detection.sapling_key; }),
      Text(
          {"OPENAI_API_KEY", "", "OpenAI (texts, opinion of a language model): the API key"},
          expected, IsCredential, [](auto& s) -> auto& { return s.detection.openai_key; }),
      Harmless(Text(
          {"OPENAI_MODEL", "", "OpenAI: the model that is asked"}, expected, IsCredential,
          [](auto& s) -> auto& { return s.detection.openai_model; })),
  };
}

Table Endpoints() {
  Table all = Endpoint(
      {{{"SIGHTENGINE_BASE_URL", "", "Where Sightengine's API is"},
        {"SIGHTENGINE_TIMEOUT_MS", "ms",
         "Time for a call of Sightengine, which judges a video within one call"},
        {"SIGHTENGINE_COST_USD", "USD",
         "Price of Sightengine for an image or a frame of a video"}}},
      [](auto& s) -> auto& { return s.detection.sightengine; });
  all.push_back(Whole(
      {"SIGHTENGINE_OPERATIONS_PER_IMAGE", "",
       "Sightengine's operations that SIGHTENGINE_COST_USD pays for; more in an answer cost more; "
       "0: count only images and frames"},
      0, 1'000, [](auto& s) -> auto& { return s.detection.sightengine_operations; }));
  for (Variable& variable : Endpoint(
           {{{"SAPLING_BASE_URL", "", "Where Sapling's API is"},
             {"SAPLING_TIMEOUT_MS", "ms", "Time for a call of Sapling"},
             {"SAPLING_COST_USD", "USD", "Price of Sapling for each started 1,000 characters"}}},
           [](auto& s) -> auto& { return s.detection.sapling; })) {
    all.push_back(std::move(variable));
  }
  for (Variable& variable : Endpoint(
           {{{"OPENAI_BASE_URL", "", "Where OpenAI's API is"},
             {"OPENAI_TIMEOUT_MS", "ms", "Time for a call of OpenAI"},
             {"OPENAI_COST_USD", "USD",
              "Estimate of what OpenAI costs for each started 5,000 characters; it charges by "
              "tokens"}}},
           [](auto& s) -> auto& { return s.detection.openai; })) {
    all.push_back(std::move(variable));
  }
  return all;
}

template <typename Field>
Variable Concurrency(Doc doc, Field vendor) {
  return Whole(
      doc, 1, 1000, [vendor](auto& s) -> auto& { return vendor(s).max_concurrency; });
}

Table Concurrencies() {
  return {
      Concurrency(
          {"SIGHTENGINE_MAX_CONCURRENCY", "", "Calls of Sightengine at once; others wait"},
          [](auto& s) -> auto& { return s.detection.sightengine; }),
      Concurrency(
          {"SAPLING_MAX_CONCURRENCY", "", "Calls of Sapling at once; others wait"},
          [](auto& s) -> auto& { return s.detection.sapling; }),
      Concurrency(
          {"OPENAI_MAX_CONCURRENCY", "", "Calls of OpenAI at once; others wait"},
          [](auto& s) -> auto& { return s.detection.openai; }),
  };
}

void Add(Table& table, std::string_view group, Table more) {
  for (Variable& variable : more) {
    variable.group = group;
    table.push_back(std::move(variable));
  }
}

}  // namespace

const std::vector<Variable>& VariableTable() {
  static const Table table = [] {
    Table all;
    Add(all, "server", Listening());
    Add(all, "server", Operation());
    Add(all, "server", HttpVariables());
    Add(all, "access", Access());
    Add(all, "cache", Cache());
    Add(all, "shared store", SharedStoreVariables());
    Add(all, "paid calls", CallVariables());
    Add(all, "detection", Detection());
    Add(all, "budget", BudgetVariables());
    Add(all, "vendors", Credentials("at most 512 printable characters without spaces"));
    Add(all, "vendors", Endpoints());
    Add(all, "vendors", Concurrencies());
    Add(all, "vendors", KeyedVendorVariables());
    Add(all, "custom vendor", CustomVariables());
    return all;
  }();
  return table;
}

}  // namespace vcache::config
