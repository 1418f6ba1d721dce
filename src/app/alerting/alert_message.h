#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/secret.h"
#include "vcache/metrics/alert.h"

namespace vcache::app {

/// Who tells of an alert.
struct AlertSender {
  std::string instance;  ///< The replica: its host's name and its port.
  std::string version;
};

/// The JSON that is posted: our own fields, and the same as one sentence in `text`, where Slack
/// looks for it, and in `content`, where Discord does. Pure.
std::string AlertBody(const metrics::AlertChange& change, const AlertSender& sender);

/// The headers of https://www.standardwebhooks.com for one attempt: `webhook-id`,
/// `webhook-timestamp`, and with a secret `webhook-signature`, an HMAC-SHA-256 of both and the
/// body. A secret `whsec_...` is base64 of the key.
std::vector<std::pair<std::string, std::string>> WebhookHeaders(const std::string& id, WallTime now,
                                                                std::string_view body,
                                                                const Secret& secret);

}  // namespace vcache::app
