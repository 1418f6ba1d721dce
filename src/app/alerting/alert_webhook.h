#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "app/alerting/alert_message.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"
#include "vcache/core/periodic_task.h"
#include "vcache/core/secret.h"
#include "vcache/metrics/alert.h"
#include "vcache/net/http_client.h"

namespace vcache::app {

struct WebhookOptions {
  Secret url;
  Secret secret;  ///< Empty: not signed.
  std::string version;
};

/// Posts every change of an alert to a URL, in their order. A thread of its own sends and repeats;
/// nobody waits for it. At most 100 changes wait: beyond that the oldest are dropped, which is
/// logged. Neither the URL nor the secret reach a log. Thread-safe.
class AlertWebhook final : public metrics::AlertListener {
 public:
  /// All must outlive it. `http` must name its other side without the URL.
  AlertWebhook(WebhookOptions options, net::HttpClient& http, Clock& clock, Logger& logger);
  ~AlertWebhook() override;

  /// `instance` names this replica in what is sent. Before the first alert.
  void Start(std::string instance) VCACHE_EXCLUDES(mutex_);
  /// Gives up what is not sent yet; a transfer under way ends within about a second.
  void Stop();

  void OnAlert(const metrics::AlertChange& change) override VCACHE_EXCLUDES(mutex_);

  /// Sends the oldest change once; the pause before the next call. For the thread and for tests.
  std::chrono::milliseconds SendOne() VCACHE_EXCLUDES(mutex_);
  std::size_t waiting() const VCACHE_EXCLUDES(mutex_);

 private:
  struct Waiting {
    std::string id;
    std::string_view alert;
    std::string body;
    std::size_t attempts = 0;
  };
  /// How an attempt ended.
  struct Outcome {
    bool is_done = false;     ///< It arrived.
    bool may_repeat = false;  ///< A later attempt may be taken.
    std::chrono::seconds asked{0};
    std::string reason;
  };

  Outcome Post(const Waiting& message) const;
  std::chrono::milliseconds Conclude(const Waiting& sent, const Outcome& outcome)
      VCACHE_EXCLUDES(mutex_);

  const WebhookOptions options_;
  net::HttpClient& http_;
  Clock& clock_;
  Logger& logger_;
  std::atomic<bool> stopping_{false};

  mutable Mutex mutex_;
  AlertSender sender_ VCACHE_GUARDED_BY(mutex_);
  std::deque<Waiting> queue_ VCACHE_GUARDED_BY(mutex_);
  std::uint64_t dropped_ VCACHE_GUARDED_BY(mutex_) = 0;  ///< Since the queue was last empty.

  PeriodicTask task_;  // the last member: its thread uses the others
};

}  // namespace vcache::app
