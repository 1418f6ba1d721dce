#pragma once

#include <chrono>

#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/detection/detector_panel.h"
#include "vcache/detection/interruptible_timer.h"
#include "vcache/net/http_client.h"

namespace vcache::app {

/// The vendors that the settings name; without names, all with credentials. With
/// `DETECTION_SANDBOX_URL`, the named vendors or a default few call the sandbox; never the custom
/// one, whose wire format it does not know. All references must outlive the panel.
detection::DetectorPanel MakePanel(const config::DetectionSettings& settings, net::HttpClient& http,
                                   detection::InterruptibleTimer& pauses, Clock& clock,
                                   Logger& logger);

/// The longest time that an analysis may wait for the vendors of the panel, which must be made of
/// these settings; in a fallback, the sum of a kind's. Zero without vendors.
std::chrono::milliseconds LongestCall(const config::DetectionSettings& settings,
                                      const detection::DetectorPanel& panel);

}  // namespace vcache::app
