#include "vcache/analysis/budget.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "vcache/core/random_id.h"

namespace vcache::analysis {
namespace {

using cache::BudgetAnswer;
using cache::BudgetChange;
using cache::BudgetClaim;
using cache::BudgetOutcome;
using cache::BudgetWindow;
using detection::VendorPrice;

/// When to ask again while the replica spends from its local share: outages end sooner than days.
constexpr std::chrono::seconds kLocalPause{60};

bool Concerns(const std::string& limited_vendor, const VendorPrice& price) {
  return limited_vendor.empty() || limited_vendor == price.vendor;
}

Usd Sum(std::span<const VendorPrice> prices, const std::string& limited_vendor) {
  Usd sum;
  for (const VendorPrice& price : prices) {
    if (Concerns(limited_vendor, price)) sum += std::max(price.amount, Usd());
  }
  return sum;
}

/// The charges; for a vendor without one, the reserved price.
std::vector<VendorPrice> Complete(std::span<const VendorPrice> charged,
                                  const std::vector<VendorPrice>& reserved) {
  std::vector<VendorPrice> all(charged.begin(), charged.end());
  for (const VendorPrice& price : reserved) {
    const bool known = std::any_of(charged.begin(), charged.end(), [&](const VendorPrice& other) {
      return other.vendor == price.vendor;
    });
    if (!known) all.push_back(price);
  }
  return all;
}

}  // namespace

BudgetReservation::BudgetReservation(BudgetReservation&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)),
      prices_(std::move(other.prices_)),
      parts_(std::move(other.parts_)) {}

BudgetReservation& BudgetReservation::operator=(BudgetReservation&& other) noexcept {
  if (this == &other) return *this;
  Drop();
  budget_ = std::exchange(other.budget_, nullptr);
  prices_ = std::move(other.prices_);
  parts_ = std::move(other.parts_);
  return *this;
}

BudgetReservation::~BudgetReservation() {
  Drop();
}

void BudgetReservation::Drop() noexcept {
  if (budget_ == nullptr) return;
  try {
    budget_->Settled(*this, {});
  } catch (const std::exception&) {
    // Out of memory: the report shows the call as in flight for ever. The stored sums are right.
  }
  budget_ = nullptr;
}

void BudgetReservation::Settle(std::span<const VendorPrice> charged) {
  if (budget_ == nullptr) return;
  const std::vector<VendorPrice> actual = Complete(charged, prices_);
  budget_->NoteExcess(prices_, actual);
  std::vector<BudgetChange> changes;
  for (const Part& part : parts_) {
    const Usd change = Sum(actual, part.vendor) - part.amount;
    if (change != Usd()) changes.push_back({part.window, change});
  }
  budget_->Settled(*this, std::move(changes));
  budget_ = nullptr;
}

void Budget::NoteExcess(std::span<const VendorPrice> reserved,
                        std::span<const VendorPrice> charged) {
  for (const VendorPrice& price : charged) {
    const Usd expected = Sum(reserved, price.vendor);
    if (price.amount <= expected) continue;
    logger_.Error(
        "A vendor charged more than a call was reckoned to cost at most; check what is configured "
        "as its price",
        {{"vendor", price.vendor},
         {"set_aside_usd", expected.dollars()},
         {"charged_usd", price.amount.dollars()}});
    const MutexLock lock(mutex_);
    overcharges_[price.vendor] = {price.vendor, expected, price.amount, clock_.WallNow()};
  }
}

Budget::Budget(cache::BudgetStore& store, Clock& clock, Logger& logger, BudgetOptions options)
    : store_(store), clock_(clock), logger_(logger), options_(std::move(options)) {}

bool Budget::limited() const noexcept {
  return options_.all.any() || std::any_of(options_.vendors.begin(), options_.vendors.end(),
                                           [](const auto& vendor) { return vendor.second.any(); });
}

Deadline Budget::Patience(Deadline deadline) const {
  return deadline.Shortened(Deadline::After(clock_, options_.store_timeout));
}

/// Months come first: of two windows that refuse, the answer names the one that resets later.
std::vector<Budget::Limit> Budget::LimitsAt(WallTime now) const {
  std::vector<Limit> limits;
  const auto add = [&](const std::string& vendor, const BudgetLimits& of, bool is_month) {
    const auto limit = is_month ? of.monthly : of.daily;
    if (!limit) return;
    limits.push_back({is_month ? cache::BudgetMonth(vendor, now) : cache::BudgetDay(vendor, now),
                      vendor, is_month, *limit,
                      is_month ? cache::EndOfBudgetMonth(now) : cache::EndOfBudgetDay(now)});
  };
  for (const bool is_month : {true, false}) {
    add({}, options_.all, is_month);
    for (const auto& [vendor, of] : options_.vendors) add(vendor, of, is_month);
  }
  return limits;
}

Result<BudgetReservation> Budget::Reserve(std::span<const VendorPrice> prices, Deadline deadline,
                                          std::optional<CallerBudget> caller) {
  BudgetReservation reservation;
  const WallTime now = clock_.WallNow();
  std::vector<Limit> limits = LimitsAt(now);
  // The last: when the service's own budget is spent too, that is the reason.
  if (caller) {
    limits.push_back({cache::BudgetDay(caller->name, now),
                      {},
                      false,
                      caller->daily,
                      cache::EndOfBudgetDay(now),
                      /*is_of_caller=*/true});
  }
  std::vector<BudgetClaim> claims;
  reservation.prices_.assign(prices.begin(), prices.end());
  for (const Limit& limit : limits) {
    // A price of 0 claims nothing. Its part stays, so that an actual charge still counts.
    reservation.parts_.push_back({limit.window, limit.vendor, Sum(prices, limit.vendor)});
  }
  std::erase_if(limits, [&](const Limit& limit) { return Sum(prices, limit.vendor) == Usd(); });
  for (const Limit& limit : limits) {
    claims.push_back({limit.window, Sum(prices, limit.vendor), limit.limit});
  }
  if (claims.empty()) {
    reservation.budget_ = this;  // `Settle` still counts the actual charge
    return reservation;
  }
  const BudgetAnswer answer = store_.Reserve(claims, Patience(deadline));
  Learn(claims, answer);
  if (answer.outcome == BudgetOutcome::kRefused) {
    const std::size_t at = std::min(answer.refused_by, limits.size() - 1);
    return RefusalOf(limits[at], claims[at].amount, answer.is_local, now);
  }
  if (answer.outcome == BudgetOutcome::kUnavailable) {
    return ForEverybody(
        {.code = ErrorCode::kBudgetExhausted,
         .message = "The budget cannot be asked, so nothing new is paid for; ask again later. "
                    "Known content is still answered.",
         .retry_after = kLocalPause});
  }
  for (const BudgetClaim& claim : claims) Hold(claim.window.name, claim.amount);
  reservation.budget_ = this;
  return reservation;
}

Error Budget::CallerRefusal(const Limit& limit, Usd amount, bool is_local, WallTime now) const {
  Error error{ErrorCode::kRateLimited, {}};
  if (amount > limit.limit) {
    error.message = "This analysis costs more than your budget of a day; it is never paid for.";
    return error;
  }
  error.message =
      "Your budget of this day is spent; new analyses go on at midnight UTC. Known content is "
      "still answered.";
  const auto until = std::chrono::ceil<std::chrono::seconds>(limit.resets_at - now);
  error.retry_after = is_local ? std::min(kLocalPause, until) : until;
  return error;
}

Error Budget::RefusalOf(const Limit& limit, Usd amount, bool is_local, WallTime now) {
  if (limit.is_of_caller) return CallerRefusal(limit, amount, is_local, now);
  Error error{ErrorCode::kBudgetExhausted, {}};
  const auto until = std::chrono::ceil<std::chrono::seconds>(limit.resets_at - now);
  if (amount > limit.limit) {
    error.message = "This analysis costs more than the whole budget; it is never paid for.";
  } else if (is_local) {
    error.message =
        "The budget cannot be asked, and what may be spent meanwhile is used up; ask again later. "
        "Known content is still answered.";
    error.retry_after = std::min(kLocalPause, until);
  } else {
    error.message = limit.is_month
                        ? "The month's budget is spent; new analyses go on when the next month "
                          "begins (UTC). Known content is still answered."
                        : "The day's budget is spent; new analyses go on at midnight UTC. Known "
                          "content is still answered.";
    error.retry_after = until;
  }
  bool is_news = false;
  {
    const MutexLock lock(mutex_);
    std::erase_if(told_, [&](const auto& told) { return told.second <= now; });
    is_news = told_.emplace(limit.window.name, limit.resets_at).second;
  }
  if (is_news) {
    logger_.Error("A budget is spent: contents that are not known are refused until it opens again",
                  {{"window", limit.window.name},
                   {"limit_usd", limit.limit.dollars()},
                   {"price_usd", amount.dollars()},
                   {"shared_store", is_local ? "away" : "answers"}});
  }
  return ForEverybody(std::move(error));
}

void Budget::Hold(const std::string& window, Usd amount) {
  const MutexLock lock(mutex_);
  const auto held = held_.try_emplace(window).first;
  held->second += amount;
  if (held->second == Usd()) held_.erase(held);
}

/// What a price above the whole limit is refused for says nothing about the sum.
void Budget::Learn(std::span<const BudgetClaim> claims, const BudgetAnswer& answer) {
  if (answer.sums.size() != claims.size()) return;
  const bool refused = answer.outcome == BudgetOutcome::kRefused;
  const std::vector<Limit> limits = LimitsAt(clock_.WallNow());
  const MutexLock lock(mutex_);
  std::erase_if(seen_, [&](const auto& seen) {  // of windows that are over
    return std::none_of(limits.begin(), limits.end(),
                        [&](const Limit& limit) { return limit.window.name == seen.first; });
  });
  for (std::size_t i = 0; i < claims.size(); ++i) {
    // A caller's own budget is no limit of the service.
    if (std::none_of(limits.begin(), limits.end(),
                     [&](const Limit& limit) { return limit.window == claims[i].window; })) {
      continue;
    }
    const bool fits_alone = claims[i].amount <= claims[i].limit;
    seen_[claims[i].window.name] = {
        answer.sums[i], refused && answer.refused_by == i && fits_alone && !answer.is_local};
  }
}

BudgetKnowledge Budget::Known() const {
  BudgetKnowledge known;
  const std::vector<Limit> limits = LimitsAt(clock_.WallNow());
  const MutexLock lock(mutex_);
  for (const Limit& limit : limits) {
    const auto found = seen_.find(limit.window.name);
    const LastSeen seen = found == seen_.end() ? LastSeen{} : found->second;
    known.limits.push_back(
        {limit.vendor, limit.is_month, limit.limit, std::max(seen.sum, Usd()), seen.is_refused});
  }
  for (const auto& [vendor, overcharge] : overcharges_) known.overcharges.push_back(overcharge);
  return known;
}

/// Adjust the store before the local amount: the report then never shows less than is reserved.
void Budget::Settled(BudgetReservation& reservation, std::vector<BudgetChange> changes) {
  Result<void> adjusted;
  {
    const MutexLock lock(mutex_);
    for (const BudgetChange& change : changes) {
      const auto found = seen_.find(change.window.name);
      if (found != seen_.end()) found->second.sum += change.amount;
    }
  }
  if (!changes.empty()) {
    adjusted = store_.Adjust({RandomId(), std::move(changes)}, Patience(Deadline::Never()));
  }
  for (const BudgetReservation::Part& part : reservation.parts_) {
    Hold(part.window.name, Usd() - part.amount);
  }
  if (adjusted) return;
  logger_.Error("What a paid call really cost could not be told to the budget",
                {{"reason", adjusted.error().message}});
}

BudgetReport Budget::Read(Deadline deadline) {
  BudgetReport report;
  const std::vector<Limit> limits = LimitsAt(clock_.WallNow());
  if (limits.empty()) return report;
  std::vector<BudgetWindow> windows;
  for (const Limit& limit : limits) windows.push_back(limit.window);
  const auto sums = store_.Read(windows, Patience(deadline));
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const Limit& limit = limits[i];
    const Usd sum = sums ? sums->at(i) : Usd();
    if (sums) seen_[limit.window.name].sum = sum;
    const auto held = held_.find(limit.window.name);
    BudgetState state;
    state.limit = limit.limit;
    state.reserved = held == held_.end() ? Usd() : held->second;
    state.spent = std::max(sum - state.reserved, Usd());
    state.remaining = std::max(limit.limit - sum, Usd());
    state.resets_at = limit.resets_at;
    BudgetPair& pair = limit.vendor.empty() ? report.all : report.vendors[limit.vendor];
    (limit.is_month ? pair.monthly : pair.daily) = state;
  }
  return report;
}

}  // namespace vcache::analysis
