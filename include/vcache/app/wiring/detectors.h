#pragma once

#include <chrono>

#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/detection/detector_panel.h"
#include "vcache/detection/interruptible_timer.h"
#include "vcache/net/http_client.h"

namespace vcache::app {

/// The vendors that the settings name, or every one with credentials where they name none; with
/// `DETECTION_SANDBOX_URL` those that are named, else a few, pointed at the sandbox (all but the
/// custom one, whose wire format it does not know). All references must outlive it.
detection::DetectorPanel MakePanel(const config::DetectionSettings& settings, net::HttpClient& http,
                                   detection::InterruptibleTimer& pauses, Clock& clock,
                                   Logger& logger);

/// The longest that a call of any of these vendors may take, results that come later included; in a
/// fallback, all of a kind one after another.
std::chrono::milliseconds LongestCall(const config::DetectionSettings& settings,
                                      const detection::DetectorPanel& panel);

}  // namespace vcache::app
