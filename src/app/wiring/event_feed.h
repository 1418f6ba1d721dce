#pragma once

#include <memory>
#include <string>

#include "vcache/app/wiring/shared_link.h"
#include "vcache/cache/tiers/remote_events.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"

namespace vcache::app {

/// Receives the events of other replicas until its destruction.
class EventFeed {
 public:
  virtual ~EventFeed() = default;
};

/// Subscribes to `channel`. Null when the system refuses (logged). What `link`
/// holds, and all others, must outlive it.
std::unique_ptr<EventFeed> MakeEventFeed(const SharedLink& link, const std::string& channel,
                                         const cache::RemoteEvents::Parts& parts, Logger& logger);

}  // namespace vcache::app
