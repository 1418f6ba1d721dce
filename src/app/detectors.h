#pragma once

#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/detection/detector_panel.h"
#include "vcache/net/http_client.h"

namespace vcache::app {

/// The vendors that the settings name, or every one with credentials where they name none; with
/// `DETECTION_SANDBOX_URL` all of them, pointed at the sandbox. All references must outlive it.
detection::DetectorPanel MakePanel(const config::DetectionSettings& settings, net::HttpClient& http,
                                   Clock& clock, Logger& logger);

}  // namespace vcache::app
