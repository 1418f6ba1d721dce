#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "cli/doctor.h"
#include "vcache/app/wiring/shared_link.h"
#include "vcache/cache/redis/eviction_policy.h"
#include "vcache/core/log.h"
#include "vcache/core/random_id.h"

namespace vcache::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConnectTime{5'000};
/// A host may have several addresses: after the first failure, wait for the others.
constexpr milliseconds kAfterFirstFailure{1'000};
constexpr milliseconds kBetweenLooks{10};
constexpr int kPings = 5;

constexpr std::string_view kCheck = "redis";

Finding RedisFinding(Grade grade, std::string message, std::string advice = {}) {
  return {std::string(kCheck), grade, std::move(message), std::move(advice)};
}

/// How the link stands once that is clear: ready, refused, failed for a while, or out of time.
app::LinkState AwaitState(const app::SharedLink& link, Clock& clock) {
  Deadline until = Deadline::After(clock, kConnectTime);
  bool has_failed = false;
  for (;;) {
    app::LinkState state = link.state();
    if (state.ready || state.refused || until.Expired(clock)) return state;
    if (!state.reason.empty() && !has_failed) {
      has_failed = true;
      until = until.Shortened(Deadline::After(clock, kAfterFirstFailure));
    }
    clock.SleepUntil(clock.Now() + kBetweenLooks);
  }
}

std::string Milliseconds(SteadyTime::duration time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f ms",
                std::chrono::duration<double, std::milli>(time).count());
  return text.data();
}

/// The median round trip of a few pings, compared with the service's command time-out.
Finding OfRoundTrip(const app::SharedLink& link, milliseconds limit, Clock& clock) {
  std::array<SteadyTime::duration, kPings> took{};
  for (auto& time : took) {
    const SteadyTime begun = clock.Now();
    const auto reply = link.client->Run({{"PING"}, {}}, Deadline::After(clock, kConnectTime));
    time = clock.Now() - begun;
    if (reply) continue;
    return RedisFinding(Grade::kFail,
                        "It is there, and does not answer within REDIS_TIMEOUT_MS (" +
                            std::to_string(limit.count()) + " ms): " + reply.error().message,
                        "Raise REDIS_TIMEOUT_MS, or bring the Redis nearer. Until then contents "
                        "are paid for as if nobody knew them.");
  }
  std::sort(took.begin(), took.end());
  const SteadyTime::duration median = took[kPings / 2];
  const std::string message = link.name + " answers in " + Milliseconds(median) + " (PING).";
  if (median * 2 < limit) return RedisFinding(Grade::kOk, message);
  return RedisFinding(Grade::kWarn, message,
                      "That is more than half of REDIS_TIMEOUT_MS: on a busy day look-ups will "
                      "miss it. Raise it, or bring the Redis nearer.");
}

/// Whether the server takes writes. SET with XX only replaces an existing key, and no client has a
/// key of this name: the server runs all checks of a write, and writes nothing.
Finding OfWrites(const app::SharedLink& link, const config::Settings& settings, Clock& clock) {
  const bool demo = !settings.detection.sandbox_url.empty();
  const std::string key =
      settings.cache.key_prefix + (demo ? "demo:" : "") + "analysis:" + RandomId() + RandomId();
  const auto reply = link.client->Run({{"SET", key, "", "XX", "PX", "1"}, {}},
                                      Deadline::After(clock, kConnectTime));
  if (!reply) {
    return RedisFinding(Grade::kFail,
                        "It does not say whether it takes writes: " + reply.error().message,
                        "Run this again; if it stays so, look at the server's log.");
  }
  if (!reply->is_error()) return RedisFinding(Grade::kOk, "It takes writes.");
  std::string advice = "Look at the server's configuration and log.";
  if (reply->error_kind() == redis::RespErrorKind::kReadOnly) {
    advice = "Name the master, not a replica.";
  } else if (reply->error_kind() == redis::RespErrorKind::kNoPermission) {
    advice =
        "Give the user write access to the service's keys; of Upstash's two tokens take the "
        "standard one.";
  } else if (reply->error_kind() == redis::RespErrorKind::kMoved) {
    advice = "It is a server of a Redis Cluster: write redis+cluster:// in place of redis://.";
  } else if (reply->error_kind() == redis::RespErrorKind::kFull) {
    advice = "Make room, or raise the plan or maxmemory.";
  }
  return RedisFinding(Grade::kFail,
                      "It takes no writes: it answers \"" + EscapeForLog(reply->text) +
                          "\". Verdicts would wait in the local store.",
                      advice);
}

/// Nothing when the server keeps what it has, or does not tell.
std::optional<Finding> OfEviction(const app::SharedLink& link, Clock& clock) {
  const auto policy = cache::EvictionPolicy(*link.client, Deadline::After(clock, kConnectTime));
  if (!policy) return std::nullopt;
  return RedisFinding(Grade::kWarn,
                      "It removes keys when it is full (maxmemory-policy " + *policy +
                          "): counts, budget sums and leases may go with them.",
                      "Set maxmemory-policy to noeviction; at Upstash turn eviction off.");
}

std::string AdviceFor(const app::LinkState& state, const config::Settings& settings) {
  const config::RedisSettings& redis = settings.redis;
  const std::string variables =
      !redis.url.empty()   ? "REDIS_URL"
      : redis.host.empty() ? "UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN"
                           : "REDIS_HOST, REDIS_PORT, REDIS_USERNAME, REDIS_PASSWORD and REDIS_TLS";
  if (state.refused) return "Check the credentials in " + variables + ".";
  return "Check " + variables +
         ", the network from here to it, and whether it runs. The service starts without it, and "
         "pays at most OUTAGE_CALLS_PER_MINUTE times a minute while it is away.";
}

}  // namespace

std::vector<Finding> ExamineRedis(const config::Settings& settings, Clock& clock) {
  if (!settings.redis.is_shared()) {
    return {RedisFinding(Grade::kOk, "None is configured: this service has its cache to itself.")};
  }
  if (settings.cache.mode == config::CacheMode::kOff) {
    return {RedisFinding(Grade::kWarn, "It is configured, and not used: CACHE_MODE=off.",
                         "Unset CACHE_MODE unless you mean it.")};
  }
  Result<app::SharedLink> link = app::OpenSharedLink(settings.redis, clock, NullLogger());
  if (!link) {
    return {RedisFinding(Grade::kFail, link.error().message,
                         "Set the variable right; the service does not start with this.")};
  }
  const app::LinkState state = AwaitState(*link, clock);
  if (!state.ready) {
    const std::string reason = state.reason.empty() ? "it does not answer" : state.reason;
    return {RedisFinding(Grade::kFail, link->name + " is not available: " + reason + ".",
                         AdviceFor(state, settings))};
  }
  Finding round_trip = OfRoundTrip(*link, settings.redis.timeout, clock);
  if (round_trip.grade == Grade::kFail) return {std::move(round_trip)};
  std::vector<Finding> findings = {std::move(round_trip), OfWrites(*link, settings, clock)};
  if (auto evicts = OfEviction(*link, clock)) findings.push_back(*std::move(evicts));
  return findings;
}

}  // namespace vcache::cli
