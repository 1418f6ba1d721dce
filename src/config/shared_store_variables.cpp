#include <cstdint>

#include "config/values.h"
#include "config/variable_kinds.h"
#include "vcache/core/ascii.h"

// Variables of the store that replicas share, and of the calls that they must not pay for twice.
namespace vcache::config {
namespace {

constexpr std::int64_t kOneMinuteMs = 60'000;

/// Checks only the scheme and that something follows; the start reports other errors.
bool IsRedisUrl(std::string_view text) {
  if (text.size() > 4096 || !IsVisible(text)) return false;
  for (const std::string_view scheme : {"redis://", "rediss://", "unix://", "redis+unix://",
                                        "redis+cluster://", "rediss+cluster://"}) {
    if (ToLower(text.substr(0, scheme.size())) == scheme) return text.size() > scheme.size();
  }
  return false;
}

}  // namespace

std::vector<Variable> SharedStoreVariables() {
  return {
      Text({"REDIS_URL", "",
            "Redis that all replicas share: redis://user:password@host:6379/0, rediss:// (TLS), "
            "redis+cluster://host:6379,host:6379 or rediss+cluster://"},
           "a URL that begins with redis://, rediss://, unix://, redis+cluster:// or "
           "rediss+cluster://",
           IsRedisUrl, &RedisSettings::url),
      Harmless(Text({"REDIS_HOST", "", "In place of REDIS_URL: the name or address of the Redis"},
                    "a host name or an IP address", IsHost, &RedisSettings::host)),
      Whole({"REDIS_PORT", "", "The port at REDIS_HOST"}, 1, 65'535, &RedisSettings::port),
      Text({"REDIS_USERNAME", "", "The user for REDIS_HOST; by default the default user"},
           "at most 512 printable characters without spaces", IsCredential,
           &RedisSettings::username),
      Text({"REDIS_PASSWORD", "", "The password for REDIS_HOST, as it is: not percent-encoded"},
           "at most 512 printable characters without spaces", IsCredential,
           &RedisSettings::password),
      Choice<bool, 2>({"REDIS_TLS", "", "1: REDIS_HOST is spoken to over TLS"},
                      {{{"0", false}, {"1", true}}}, &RedisSettings::tls),
      BaseUrl({"UPSTASH_REDIS_REST_URL", "",
               "Upstash's REST API in place of REDIS_URL, where only HTTPS gets out"},
              &RedisSettings::rest_url),
      Text({"UPSTASH_REDIS_REST_TOKEN", "", "Token of that API, with permission to write"},
           "at most 512 printable characters without spaces", IsCredential,
           &RedisSettings::rest_token),
      Harmless(Text({"UPSTASH_REDIS_REST_CA", "",
                     "PEM file of certificates to trust for that API; by default the system's"},
                    "a path", IsPath, &RedisSettings::rest_ca)),
      Whole({"REDIS_TIMEOUT_MS", "ms", "Time Redis has to answer before it counts as away"}, 1,
            kOneMinuteMs, &RedisSettings::timeout),
      Whole({"OUTAGE_PATIENCE_MS", "ms",
             "How long an upload waits for a Redis that has just fallen silent, before it is paid "
             "for without it"},
            0, kOneMinuteMs, &RedisSettings::outage_patience),
      Whole({"OUTAGE_CALLS_PER_MINUTE", "",
             "Paid calls a minute while the store is away or takes no verdicts; 0 for no limit"},
            0, 100'000, &RedisSettings::outage_calls_per_minute),
      Whole({"OUTAGE_CALLS_TOTAL", "", "Paid calls in the whole of such an outage; 0 for no limit"},
            0, 10'000'000, &RedisSettings::outage_calls_total),
  };
}

std::vector<Variable> CallVariables() {
  return {
      Whole({"CALL_TIMEOUT_MS", "ms",
             "Longest time of a paid call with its waiting and retries; 0: half a minute more than "
             "the slowest vendor's limit (in a fallback, than their sum)"},
            0, 30 * kOneMinuteMs, &CallSettings::timeout),
      Whole({"LEASE_LIFE_MS", "ms",
             "How long after the death of a replica another one pays for what it was paying for"},
            3'000, 5 * kOneMinuteMs, &CallSettings::lease_life),
      Whole({"FAILURE_PAUSE", "seconds",
             "Pause for a content after its call failed, doubled by each further failure; 0 for "
             "none"},
            0, 60, &CallSettings::failure_pause),
      Whole({"FAILURE_PAUSE_MAX", "seconds", "The longest such pause"}, 1, 60,
            &CallSettings::longest_failure_pause),
      Whole({"MAX_WAITERS", "",
             "Requests that may wait for the paid call of one content; each takes some memory"},
            1, 1'000'000, &CallSettings::max_waiters),
      Whole({"MAX_WAIT_MS", "ms",
             "How long a request waits for another request's or another replica's paid call; then "
             "it gets 503 with Retry-After, and finds the verdict later"},
            1'000, 15 * kOneMinuteMs, &CallSettings::longest_wait),
  };
}

}  // namespace vcache::config
