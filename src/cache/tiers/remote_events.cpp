#include "vcache/cache/tiers/remote_events.h"

#include "vcache/cache/clear_count.h"
#include "vcache/cache/store_events.h"

namespace vcache::cache {
namespace {

/// The command connection may recover a moment later than the subscription.
constexpr std::chrono::milliseconds kPatience{500};
constexpr std::chrono::milliseconds kPause{20};

}  // namespace

void RemoteEvents::OnMessage(std::string_view message) {
  const std::optional<StoreEvent> event = DecodeEvent(message);
  if (!event) return;
  switch (event->kind) {
    case StoreEvent::Kind::kStored:
    case StoreEvent::Kind::kReleased:
      parts_.notifier.Announce(event->subject);
      return;
    case StoreEvent::Kind::kCleared: {
      const Result<KeyPattern> pattern = KeyPattern::Parse(event->subject);
      // A newer version's pattern that cannot be parsed may match everything.
      const KeyPattern cleared = pattern ? *pattern : KeyPattern::All();
      parts_.tiers.ClearMemory(cleared);
      parts_.failover.ForgetCleared(cleared, event->clears);
      const MutexLock lock(listening_mutex_);
      if (clears_seen_ && event->clears == *clears_seen_ + 1) clears_seen_ = event->clears;
      return;
    }
    case StoreEvent::Kind::kDataLost: {
      parts_.failover.MarkLocalStale();
      const bool ignored = parts_.failover.RevalidateLocal();
      (void)ignored;  // the delivery thread tries again
      parts_.failover.RenewLeases();
      return;
    }
    case StoreEvent::Kind::kCountersReset:
      parts_.failover.ForgetTotals();
      return;
  }
}

void RemoteEvents::OnListening() {
  const MutexLock lock(listening_mutex_);
  const std::optional<std::int64_t> clears = AskForClears();
  const bool missed_nothing = clears && clears_seen_ && !MayHaveMissedClear(*clears_seen_, *clears);
  clears_seen_ = clears;
  parts_.failover.MarkLocalStale();
  if (clears) {
    const bool ignored = parts_.failover.RevalidateLocal();
    (void)ignored;  // the delivery thread tries again
  }
  if (!missed_nothing) parts_.tiers.ClearMemory(KeyPattern::All());
  parts_.failover.RenewLeases();
  parts_.notifier.AnnounceAll();
  parts_.shared.CheckConfiguration(Deadline::After(parts_.clock, kPatience));
}

std::optional<std::int64_t> RemoteEvents::AskForClears() {
  const Deadline deadline = Deadline::After(parts_.clock, kPatience);
  for (;;) {
    if (const auto clears = parts_.shared.CountClears(deadline)) return *clears;
    if (deadline.Expired(parts_.clock)) return std::nullopt;
    parts_.clock.SleepUntil(parts_.clock.Now() + kPause);
  }
}

}  // namespace vcache::cache
