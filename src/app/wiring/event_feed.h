#pragma once

#include <memory>
#include <string>

#include "vcache/app/wiring/shared_link.h"
#include "vcache/cache/tiers/remote_events.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"

namespace vcache::app {

/// Hears what other replicas announce, until it is destroyed.
class EventFeed {
 public:
  virtual ~EventFeed() = default;
};

/// Begins to act on what is announced on `channel`. Null when the system refuses (logged). All must
/// outlive the feed but `link`.
std::unique_ptr<EventFeed> MakeEventFeed(const SharedLink& link, const std::string& channel,
                                         const cache::RemoteEvents::Parts& parts, Logger& logger);

}  // namespace vcache::app
