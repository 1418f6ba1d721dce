#include <algorithm>
#include <array>

#include "config/guessable.h"
#include "config/url.h"
#include "config/values.h"
#include "config/variable_kinds.h"
#include "vcache/core/ascii.h"

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
  return text.size() <= 64 && IsVisible(text) &&
         text.find_first_of("*?[]\\{}") == std::string_view::npos;
}

using Table = std::vector<Variable>;

Table Listening() {
  return {
      Harmless(
          Text({"HOST", "", "Address or host name to listen on; 0.0.0.0 is every IPv4 interface"},
               "an IP address or a host name", IsHost, &ServerSettings::host)),
      Whole({"PORT", "", "Port to listen on; 0 takes a free one and logs it"}, 0, 65'535,
            &ServerSettings::port),
      Whole({"MAX_UPLOAD_MB", "MB", "Largest image or video that is accepted"}, 1, 4096,
            &ServerSettings::max_upload_bytes, kMiB),
      Whole({"MAX_CONNECTIONS", "", "Open connections at once; more are refused"}, 1, 1'000'000,
            &ServerSettings::max_connections),
      Whole({"MAX_CONNECTIONS_PER_ADDRESS", "",
             "Open connections from one address; behind a proxy all clients share its address"},
            1, 1'000'000, &ServerSettings::max_connections_per_address),
      Whole({"MAX_UPLOADS_PER_ADDRESS", "",
             "Images and videos of one address that may be received at the same time"},
            1, 1'000'000, &ServerSettings::max_uploads_per_address),
      Whole({"MAX_EVENT_STREAMS", "",
             "Clients at once that follow a job by server-sent events; half of MAX_CONNECTIONS at "
             "most"},
            0, 1'000'000, &ServerSettings::max_event_streams),
      Whole(
          {"WORKER_THREADS", "",
           "Threads that read requests and write answers; nothing waits in them. 0: four for each "
           "processor, at least 8"},
          0, 4096, &ServerSettings::worker_threads),
      Whole({"HEADER_TIMEOUT_MS", "ms", "Time a client has to send a request's head"}, 1,
            10 * kMinuteMs, &ServerSettings::header_timeout),
      Whole({"KEEP_ALIVE_TIMEOUT_MS", "ms",
             "How long an idle connection stays open; set it longer than in the proxy in front"},
            1, 60 * kMinuteMs, &ServerSettings::keep_alive_timeout),
      Whole({"SHUTDOWN_GRACE_MS", "ms",
             "Time for requests in flight after SIGTERM; set it below the platform's limit"},
            0, 5 * kMinuteMs, &ServerSettings::shutdown_grace),
      Whole({"SHUTDOWN_DELAY_MS", "ms",
             "How long the service goes on as ever after SIGTERM, not ready, while balancers turn "
             "away; a part of SHUTDOWN_GRACE_MS, half of it at most"},
            0, 5 * kMinuteMs, &ServerSettings::shutdown_delay),
  };
}

Table Operation() {
  return {
      Harmless(
          MakeVariable({"CORS_ORIGINS", "", "Sites whose pages may call the API, as a comma list"},
                       "a comma list of exact origins like https://www.example.com or "
                       "http://localhost:3000, without path or *",
                       &ServerSettings::cors_origins, ParseOrigins, JoinList)),
      Choice<LogLevel, 4>({"LOG_LEVEL", "", "Lowest level in the log: debug, info, warn or error"},
                          {{{"debug", LogLevel::kDebug},
                            {"info", LogLevel::kInfo},
                            {"warn", LogLevel::kWarn},
                            {"error", LogLevel::kError}}},
                          &ServerSettings::log_level),
      Choice<bool, 2>({"ALLOW_CORE_DUMPS", "",
                       "1: a crash may leave a core dump, which holds keys, tokens and uploads; 0: "
                       "it may not"},
                      {{{"0", false}, {"1", true}}}, &ServerSettings::allow_core_dumps),
      Choice<LogFormat, 2>({"LOG_FORMAT", "", "text for people, json for machines"},
                           {{{"text", LogFormat::kText}, {"json", LogFormat::kJson}}},
                           &ServerSettings::log_format),
      Harmless(
          Text({"SPOOL_DIR", "", "Folder for uploads over 1 MiB; one in memory counts as memory"},
               "a path", IsPath, &ServerSettings::spool_directory)),
      Whole({"SPOOL_MEMORY_MB", "MB",
             "What all uploads together hold in memory; beyond it they go to SPOOL_DIR"},
            0, 1'048'576, &ServerSettings::spool_memory_bytes, kMiB),
      Whole({"SPOOL_DISK_MB", "MB",
             "What all uploads together hold in SPOOL_DIR; more are refused. 0: as long as 64 MB "
             "stay free there"},
            0, 1'048'576, &ServerSettings::spool_disk_bytes, kMiB),
      Whole({"SPOOL_PERCENT_PER_ADDRESS", "%",
             "How much of both the uploads of one address may hold"},
            1, 100, &ServerSettings::spool_percent_per_address),
  };
}

Table Cache() {
  Variable directory = Harmless(
      Text({"CACHE_DIR", "", "Folder of the local store; an empty value turns the store off"},
           "a path", IsPath, &CacheSettings::directory));
  directory.empty_is_value = true;
  return {
      Choice<CacheMode, 3>(
          {"CACHE_MODE", "",
           "on; shadow: analyse everything anew and count what the cache would have saved; or off: "
           "analyse everything anew and keep nothing"},
          {{{"on", CacheMode::kOn}, {"shadow", CacheMode::kShadow}, {"off", CacheMode::kOff}}},
          &CacheSettings::mode),
      std::move(directory),
      Harmless(Text({"KEY_PREFIX", "", "Put before every key, for sites that share one store"},
                    "at most 64 printable characters without spaces and * ? [ ] \\ { }",
                    IsKeyPrefix, &CacheSettings::key_prefix)),
      Text({"KEY_SECRET", "",
            "Turns keys into HMACs, so a leaked store reveals nothing; changing it loses every "
            "entry"},
           kLongSecretIs, IsLongSecret, &CacheSettings::key_secret),
      Whole({"CACHE_TTL_ANALYSIS", "seconds", "How long the verdict on an image or video is kept"},
            1, 3660 * kDay, &CacheSettings::ttl_analysis),
      Whole({"CACHE_TTL_TEXT", "seconds", "How long the verdict on a text is kept"}, 1, 3660 * kDay,
            &CacheSettings::ttl_text),
      Whole({"LOCAL_COPIES_MB", "MB",
             "With Redis: size of the copies of its verdicts in CACHE_DIR, which serve when it is "
             "away; 0 copies only what was paid for here"},
            0, 1'048'576, &CacheSettings::local_copies_bytes, kMiB),
      Whole({"MEMORY_CACHE_MB", "MB", "Size of the memory tier; 0 turns it off"}, 0, 65'536,
            &CacheSettings::memory_bytes, kMiB),
      Whole({"MEMORY_CACHE_TTL", "seconds", "How long an entry stays in the memory tier"}, 1,
            366 * kDay, &CacheSettings::memory_ttl),
      Whole({"PARTIAL_TTL", "seconds",
             "How long a verdict is served when one of its vendors failed; then that one is asked "
             "again"},
            1, 366 * kDay, &CacheSettings::partial_ttl),
      Whole({"CACHE_COMPRESS_MIN_BYTES", "bytes", "Entries of this size or more are compressed"}, 0,
            kMiB, &CacheSettings::compress_min_bytes),
      Choice<bool, 2>(
          {"CACHE_SAME_DETECTORS", "", "1: analyse anew what other vendors or models judged"},
          {{{"0", false}, {"1", true}}}, &CacheSettings::same_detectors),
  };
}

Table Detection() {
  return {
      Vendors({"DETECTORS_IMAGE", "",
               "Vendors that judge images, in the order of a fallback; by default all with "
               "credentials"},
              &VendorInfo::image, &DetectionSettings::image),
      Vendors({"DETECTORS_VIDEO", "", "Vendors that judge videos; by default all with credentials"},
              &VendorInfo::video, &DetectionSettings::video),
      Vendors({"DETECTORS_TEXT", "", "Vendors that judge texts; by default all with credentials"},
              &VendorInfo::text, &DetectionSettings::text),
      Choice<DetectionMode, 2>(
          {"DETECTION_MODE", "",
           "With several vendors: consensus asks and pays all; fallback asks one after another "
           "until one gives a verdict"},
          {{{"consensus", DetectionMode::kConsensus}, {"fallback", DetectionMode::kFallback}}},
          &DetectionSettings::mode),
      BaseUrl({"DETECTION_SANDBOX_URL", "",
               "A detector-sandbox in place of all vendors; every verdict is marked as a demo"},
              &DetectionSettings::sandbox_url),
      Choice<ProvenanceMode, 3>(
          {"DETECTION_PROVENANCE", "",
           "A file's own claim of its origin: off, report it, or decide: a claim of AI is the "
           "verdict and costs no call"},
          {{{"off", ProvenanceMode::kOff},
            {"report", ProvenanceMode::kReport},
            {"decide", ProvenanceMode::kDecide}}},
          &DetectionSettings::provenance),
      Whole({"DETECTION_RETRIES", "",
             "Retries of a failed call that certainly cost nothing; 0 for none"},
            0, 5, &DetectionSettings::retries),
      Whole({"TEXT_MIN_CHARS", "characters", "Shortest text that is judged"}, 1, 1'000'000,
            &DetectionSettings::text_min_chars),
      Whole({"TEXT_MAX_CHARS", "characters", "Longest text that is judged"}, 1, 1'000'000,
            &DetectionSettings::text_max_chars),
      Choice<bool, 2>(
          {"CHECK_CREDENTIALS", "",
           "1: after the start ask the vendors that can be asked for free whether the credentials "
           "are good; 0: do not ask"},
          {{{"0", false}, {"1", true}}}, &DetectionSettings::check_credentials),
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
    Add(all, "access", AccessVariables());
    Add(all, "access", RateVariables());
    Add(all, "history", HistoryVariables());
    Add(all, "cache", Cache());
    Add(all, "shared store", SharedStoreVariables());
    Add(all, "paid calls", CallVariables());
    Add(all, "detection", Detection());
    Add(all, "budget", BudgetVariables());
    Add(all, "alerts", AlertVariables());
    Add(all, "vendors", VendorVariables());
    Add(all, "custom vendor", CustomVariables());
    return all;
  }();
  return table;
}

}  // namespace vcache::config
