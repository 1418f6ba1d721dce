#pragma once

#include <chrono>

#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/detection/detector_panel.h"
#include "vcache/detection/interruptible_timer.h"
#include "vcache/net/http_client.h"

namespace vcache::app {

/// The panel of the vendors that the settings name; without names, of all with credentials. With
/// `DETECTION_SANDBOX_URL`, the named vendors, or a default few, call the sandbox. The custom
/// vendor is never among them: the sandbox does not know its wire format. All references must
/// outlive the panel.
detection::DetectorPanel MakePanel(const config::DetectionSettings& settings, net::HttpClient& http,
                                   detection::InterruptibleTimer& pauses, Clock& clock,
                                   Logger& logger);

/// The longest time that one analysis may wait for these vendors, late results included. In a
/// fallback that is the sum over a kind's vendors.
std::chrono::milliseconds LongestCall(const config::DetectionSettings& settings,
                                      const detection::DetectorPanel& panel);

}  // namespace vcache::app
