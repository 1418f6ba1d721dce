#include "vcache/metrics/alert_watch.h"

#include <algorithm>
#include <deque>

#include "metrics/alert_conditions.h"

namespace vcache::metrics {
namespace {

constexpr std::chrono::milliseconds kRoundInterval{5'000};
/// Pending writes that do not fall for so long are worth a word.
constexpr std::chrono::seconds kPatienceWithWrites{60};
/// Between two remembered counts of a window.
constexpr std::chrono::seconds kSampleInterval{10};

}  // namespace

/// What a count was, so far back as the longest window reaches.
class AlertWatch::Tally {
 public:
  /// By how much the count, which is `count` at `now`, has grown in the window.
  std::int64_t Within(SteadyTime now, std::int64_t count, std::chrono::minutes window) {
    while (samples_.size() > 1 && samples_[1].when <= now - window) samples_.pop_front();
    const std::int64_t before =
        !samples_.empty() && samples_.front().when <= now - window ? samples_.front().count : 0;
    if (samples_.empty() || now - samples_.back().when >= kSampleInterval) {
      samples_.push_back({now, count});
    }
    return count - before;
  }

 private:
  struct Sample {
    SteadyTime when;
    std::int64_t count;
  };
  std::deque<Sample> samples_;
};

/// One alert over the rounds.
struct AlertWatch::Watched {
  std::optional<SteadyTime> bad_since{};
  std::optional<SteadyTime> good_since{};
  std::optional<Alert> alert{};  ///< Set while it is raised.

  bool says_nothing() const noexcept { return !alert && !bad_since; }

  /// What one round says. Empty: nothing changes.
  std::optional<AlertChange> Learn(const Condition& condition, const Clock& clock) {
    const AlertRule& rule = RuleOf(condition.code);
    const SteadyTime now = clock.Now();
    if (condition.level != Level::kBad) bad_since.reset();
    if (condition.level != Level::kGood) good_since.reset();
    if (condition.level == Level::kBad) {
      if (!bad_since) bad_since = now;
      if (alert) alert->message = condition.message;  // the figures of today
      if (alert || now - *bad_since < rule.raise_after) return std::nullopt;
      alert =
          Alert{rule.code, condition.subject, rule.severity, condition.message, clock.WallNow()};
      return AlertChange{*alert, true, alert->since};
    }
    if (condition.level != Level::kGood || !alert) return std::nullopt;
    if (!good_since) good_since = now;
    if (now - *good_since < rule.end_after) return std::nullopt;
    return AlertChange{*std::exchange(alert, std::nullopt), false, clock.WallNow()};
  }
};

AlertWatch::AlertWatch(std::function<WatchReadings()> read, Clock& clock, Logger& logger,
                       AlertListener* listener)
    : read_(std::move(read)),
      clock_(clock),
      logger_(logger),
      listener_(listener),
      time_(clock),
      pending_fell_(clock.Now()),
      task_(clock) {
  for (auto& tally : tallies_) tally = std::make_unique<Tally>();
}

AlertWatch::~AlertWatch() {
  Stop();
}

void AlertWatch::Start() {
  task_.Start(kRoundInterval, [this] {
    Evaluate();
    return kRoundInterval;
  });
}

void AlertWatch::Stop() {
  task_.Stop();
}

std::int64_t AlertWatch::Within(Count count, std::chrono::minutes window) {
  return tallies_[count]->Within(clock_.Now(), counts_[count].load(), window);
}

bool AlertWatch::StopsFalling(std::uint64_t pending_writes) {
  if (pending_writes == 0 || pending_writes < last_pending_) pending_fell_ = clock_.Now();
  last_pending_ = pending_writes;
  return pending_writes > 0 && clock_.Now() - pending_fell_ >= kPatienceWithWrites;
}

/// What a store leaves unanswered while it is away is that alert's matter alone.
void AlertWatch::CountUnanswered(bool is_available) {
  const std::int64_t unanswered = counts_[kUnanswered].load();
  if (is_available && was_available_) Add(kCacheErrors, unanswered - last_unanswered_);
  last_unanswered_ = unanswered;
  was_available_ = is_available;
}

void AlertWatch::Evaluate() {
  for (const AlertChange& change : Step()) Tell(change);
}

std::vector<AlertChange> AlertWatch::Step() {
  const WatchReadings readings = read_();
  CountUnanswered(readings.store.available);
  RoundCounts counts;
  counts.hits = Within(kHits, kRateWindow);
  counts.misses = Within(kMisses, kRateWindow);
  counts.cache_errors = Within(kCacheErrors, kErrorWindow);
  counts.unknown = Within(kUnknown, kMoneyWindow);
  counts.writes_stay = StopsFalling(readings.store.pending_writes);
  counts.clocks_agree = time_.Now().agrees();
  counts.now = clock_.WallNow();

  std::vector<AlertChange> changes;
  const MutexLock lock(mutex_);
  counts.refused_credentials = refused_;
  std::map<Name, Condition> conditions;
  for (Condition& condition : ConditionsOf(readings, counts)) {
    Name name{condition.code, condition.subject};
    watched_.try_emplace(name);
    conditions.insert_or_assign(std::move(name), std::move(condition));
  }
  for (auto& [name, watched] : watched_) {
    const auto found = conditions.find(name);
    const Condition good{name.first, name.second, Level::kGood, {}};
    auto change = watched.Learn(found == conditions.end() ? good : found->second, clock_);
    if (change) changes.push_back(*std::move(change));
  }
  std::erase_if(watched_, [](const auto& each) { return each.second.says_nothing(); });
  return changes;
}

void AlertWatch::Tell(const AlertChange& change) {
  const Alert& alert = change.alert;
  const LogField code{"alert", AlertName(alert.code)};
  const LogField subject{"of", alert.subject.empty() ? "service" : std::string_view(alert.subject)};
  if (change.is_raised) {
    logger_.Warn("Alert raised", {code,
                                  subject,
                                  {"severity", SeverityName(alert.severity)},
                                  {"what", std::string_view(alert.message)}});
  } else {
    const auto lasted = std::chrono::floor<std::chrono::seconds>(change.when - alert.since);
    logger_.Info("Alert is over", {code, subject, {"lasted_s", std::int64_t{lasted.count()}}});
  }
  if (listener_ != nullptr) listener_->OnAlert(change);
}

std::vector<Alert> AlertWatch::Active() const {
  std::vector<Alert> active;
  {
    const MutexLock lock(mutex_);
    for (const auto& [name, watched] : watched_) {
      if (watched.alert) active.push_back(*watched.alert);
    }
  }
  std::stable_sort(active.begin(), active.end(),
                   [](const Alert& one, const Alert& other) { return one.since < other.since; });
  return active;
}

void AlertWatch::NoteRefusedCredentials(std::string vendor, std::string reason) {
  const MutexLock lock(mutex_);
  refused_.insert_or_assign(std::move(vendor), std::move(reason));
}

void AlertWatch::Add(Count count, std::int64_t amount) noexcept {
  counts_[count].fetch_add(amount, std::memory_order_relaxed);
}

void AlertWatch::OnHit(const cache::CacheKey&, std::string_view, cache::Tier, Usd) {
  Add(kHits);
}

void AlertWatch::OnMiss(const cache::CacheKey&, std::string_view,
                        const cache::LookupResult& found) {
  Add(kMisses);
  if (found.outcome == cache::LookupOutcome::kUnavailable) Add(kUnanswered);
}

void AlertWatch::OnCorrupt(const cache::CacheKey&, std::string_view) {
  Add(kCacheErrors);
}

void AlertWatch::OnPaid(const cache::CacheKey&, const cache::Counters& counters, bool) {
  Add(kUnknown, counters.total(cache::Counter::kUnknownCharges));
}

void AlertWatch::OnNotStored(const cache::CacheKey&, const Error&) {
  Add(kCacheErrors);
}

}  // namespace vcache::metrics
