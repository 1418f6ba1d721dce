// Random interleavings of arrivals, answers, failures, time-outs, deaths and outages over several
// replicas on a simulated clock, each step of each flight on its own. Held against them: a content
// is charged for once within its life, and once more for each proven loss of an owner; while the
// shared store is away, once a replica. Variants of the code that are broken on purpose must fail.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "analysis/paid_call_state.h"
#include "analysis/single_flight.h"
#include "support/fake_clock.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::CallOutcome;
using analysis::LookupSummary;
using analysis::PaidCallState;
using analysis::SingleFlight;
using analysis::Step;
using cache::LeaseState;

namespace {

constexpr std::size_t kReplicas = 3;
constexpr std::size_t kContents = 2;
constexpr auto kCallTimeout = 20s;
constexpr auto kLeaseLife = 25s;

/// What a careless change might do.
enum class Fault {
  kNone,
  kLeaseNotChecked,     ///< Pays although another replica does.
  kNoSecondLook,        ///< Does not look at the entry once the lease is granted.
  kLeavesBeforeKeep,    ///< Takes the key off the table before the verdict is kept.
  kReleasesBeforeKeep,  ///< Ends the lease before the verdict is kept.
  kLeaseTooShort,       ///< Ends before the call that it protects.
  kNoLocalCopy,         ///< Keeps what it paid for in the shared store alone.
  kOutageIsMiss,        ///< Does not ask the local store while the shared one is away.
};

struct Lease {
  int owner = 0;
  SteadyTime until{};
};

/// A flight on its way, as its threads would drive it.
struct Voyage {
  std::size_t replica;
  std::size_t content;
  int id;
  PaidCallState call_state{true};
  SteadyTime call_ends{};  ///< At kPay.
  bool charged = false;    ///< At kPay: the vendor has begun, and will bill it.
  SteadyTime look_at{};    ///< At kAwaitNotification.
  bool left = false;       ///< Off the table already (a fault).
};

class World {
 public:
  World(unsigned seed, Fault fault, bool with_outages)
      : random_(seed), fault_(fault), with_outages_(with_outages) {
    for (auto& table : tables_) table = MakeTable();
  }

  /// One run. The rule that was broken, if one was.
  std::optional<std::string> Run() {
    for (int i = 0; i < 400; ++i) {
      Act();
      if (auto broken = Broken()) return broken;
    }
    return std::nullopt;
  }
  int calls() const { return calls_; }

 private:
  std::unique_ptr<SingleFlight> MakeTable() {
    return std::make_unique<SingleFlight>(SingleFlight::Limits{16, 16}, clock_);
  }
  static cache::CacheKey KeyOf(std::size_t content) {
    return {cache::ContentKind::kText, content::DigestOf(AsBytes(std::to_string(content)))};
  }
  std::size_t Pick(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }
  bool Chance(int percent) { return Pick(100) < static_cast<std::size_t>(percent); }

  void Act() {
    const std::size_t what = Pick(100);
    if (what < 20) return Arrive(Pick(kReplicas), Pick(kContents));
    if (what < 85 && !voyages_.empty()) return Advance(Pick(voyages_.size()));
    if (what < 95) return PassTime();
    if (what < 97) return Die(Pick(kReplicas));
    if (with_outages_) away_ = !away_;
    if (!away_) Deliver();
  }

  void Arrive(std::size_t replica, std::size_t content) {
    const SingleFlight::Ticket ticket = tables_[replica]->Join(KeyOf(content));
    if (ticket.leader) voyages_.push_back({replica, content, ++next_id_});
  }

  /// Steps are quick; only calls and waits take time. So time passes when nobody is amid a step.
  void PassTime() {
    std::chrono::nanoseconds by = std::chrono::seconds(1 + Pick(10));
    for (const Voyage& voyage : voyages_) {
      const Step step = voyage.call_state.step();
      if (step != Step::kPay && step != Step::kAwaitNotification) return;
      if (step != Step::kPay) continue;
      if (clock_.Now() >= voyage.call_ends) return;  // its time-out is due
      by = std::min<std::chrono::nanoseconds>(by, voyage.call_ends - clock_.Now());
    }
    clock_.Advance(by);
  }

  /// The process is gone: its flights, its table, not its disk.
  void Die(std::size_t replica) {
    for (const Voyage& voyage : voyages_) {
      if (voyage.replica != replica) continue;
      const Step step = voyage.call_state.step();
      // It had begun to pay, or had paid and not kept it yet: nobody else can know.
      if ((step == Step::kPay && voyage.charged) || step == Step::kStore) {
        ++lost_[voyage.content];
        ++lost_here_[replica][voyage.content];
      }
    }
    std::erase_if(voyages_, [&](const Voyage& voyage) { return voyage.replica == replica; });
    tables_[replica] = MakeTable();
  }

  void Deliver() {
    for (auto& local : local_) {
      shared_.insert(local.begin(), local.end());
      local.clear();
    }
  }

  std::optional<Lease> LivingLease(std::size_t content) const {
    const auto found = leases_.find(content);
    if (found == leases_.end() || found->second.until <= clock_.Now()) return std::nullopt;
    return found->second;
  }
  void EndLease(const Voyage& voyage) {
    const auto lease = LivingLease(voyage.content);
    if (!away_ && lease && lease->owner == voyage.id) leases_.erase(voyage.content);
  }

  void Advance(std::size_t index) {
    Voyage& voyage = voyages_[index];
    switch (voyage.call_state.step()) {
      case Step::kLookUp:
        return voyage.call_state.LookedUp(Look(voyage));
      case Step::kClaim:
        return Claim(voyage);
      case Step::kAwaitStore:
        return voyage.call_state.StoreAwaited(!away_);
      case Step::kAwaitNotification:
        if (clock_.Now() >= voyage.look_at || Chance(30)) voyage.call_state.Waited(!Chance(2));
        return;
      case Step::kAdmit:
        voyage.call_state.Admitted(!Chance(5));
        voyage.call_ends = clock_.Now() + kCallTimeout;
        return;
      case Step::kPay:
        return Pay(voyage);
      case Step::kStore:
        return Keep(voyage);
      case Step::kRelease:
        EndLease(voyage);
        return voyage.call_state.Released();
      case Step::kSettle:
        if (!voyage.left) tables_[voyage.replica]->Leave(KeyOf(voyage.content));
        voyages_.erase(voyages_.begin() + static_cast<std::ptrdiff_t>(index));
    }
  }

  LookupSummary Look(const Voyage& voyage) const {
    const bool local = local_[voyage.replica].contains(voyage.content) ||
                       (away_ && copies_[voyage.replica].contains(voyage.content));
    if (away_ && fault_ == Fault::kOutageIsMiss) return LookupSummary::kNothing;
    if (local) return LookupSummary::kVerdict;
    if (away_) return LookupSummary::kUnavailable;
    return shared_.contains(voyage.content) ? LookupSummary::kVerdict : LookupSummary::kNothing;
  }

  void Claim(Voyage& voyage) {
    if (away_)
      return voyage.call_state.Claimed(LookupSummary::kUnavailable, LeaseState::kUnavailable);
    const auto lease = LivingLease(voyage.content);
    const auto life = fault_ == Fault::kLeaseTooShort ? kCallTimeout / 4 : kLeaseLife;
    if (!lease) leases_[voyage.content] = {voyage.id, clock_.Now() + life};
    const bool ours = !lease || fault_ == Fault::kLeaseNotChecked;
    const bool known = shared_.contains(voyage.content) && fault_ != Fault::kNoSecondLook;
    voyage.call_state.Claimed(known ? LookupSummary::kVerdict : LookupSummary::kNothing,
                              ours ? LeaseState::kOurs : LeaseState::kTheirs);
    voyage.look_at = clock_.Now() + 1s;
  }

  void Pay(Voyage& voyage) {
    if (!voyage.charged) {
      if (Chance(10)) return voyage.call_state.Paid(false);  // refused at once: costs nothing
      voyage.charged = true;
      ++calls_;
      ++charged_[voyage.content];
      ++charged_here_[voyage.replica][voyage.content];
      return;
    }
    const bool timed_out = clock_.Now() >= voyage.call_ends;
    if (!timed_out && !Chance(20)) return;  // the vendor still works
    if (timed_out || Chance(10)) {
      // Billed without a verdict: the owner's loss is known, and the next call is a new one.
      ++lost_[voyage.content];
      ++lost_here_[voyage.replica][voyage.content];
      return voyage.call_state.Paid(false);
    }
    voyage.call_state.Paid(true);
    if (fault_ == Fault::kLeavesBeforeKeep) {
      voyage.left = true;
      tables_[voyage.replica]->Leave(KeyOf(voyage.content));
    }
    if (fault_ == Fault::kReleasesBeforeKeep) EndLease(voyage);
  }

  void Keep(Voyage& voyage) {
    if (fault_ != Fault::kNoLocalCopy) copies_[voyage.replica].insert(voyage.content);
    if (away_) {
      local_[voyage.replica].insert(voyage.content);
    } else {
      shared_.insert(voyage.content);
      EndLease(voyage);
    }
    voyage.call_state.Stored();
  }

  std::optional<std::string> Broken() const {
    for (std::size_t content = 0; content < kContents; ++content) {
      if (!with_outages_ && charged_[content] > 1 + lost_[content]) return "paid twice";
      for (std::size_t replica = 0; replica < kReplicas; ++replica) {
        if (charged_here_[replica][content] > 1 + lost_here_[replica][content]) {
          return "one replica paid twice";
        }
      }
    }
    return std::nullopt;
  }

  std::mt19937 random_;
  const Fault fault_;
  const bool with_outages_;
  test::FakeClock clock_;
  int next_id_ = 0;
  int calls_ = 0;
  bool away_ = false;
  std::vector<Voyage> voyages_;
  std::array<std::unique_ptr<SingleFlight>, kReplicas> tables_;
  std::set<std::size_t> shared_;
  std::array<std::set<std::size_t>, kReplicas> local_;   // waits to be delivered
  std::array<std::set<std::size_t>, kReplicas> copies_;  // for the next outage
  std::map<std::size_t, Lease> leases_;
  std::array<int, kContents> charged_{}, lost_{};
  std::array<std::array<int, kContents>, kReplicas> charged_here_{}, lost_here_{};
};

/// How many of so many runs broke a rule.
int CountBroken(Fault fault, bool with_outages, unsigned runs) {
  int broken = 0;
  for (unsigned seed = 0; seed < runs; ++seed) {
    if (World(seed, fault, with_outages).Run()) ++broken;
  }
  return broken;
}

}  // namespace

TEST_CASE(
    "PaidCallState: in any order of events a content is paid for once, and once for each loss") {
  int calls = 0;
  for (unsigned seed = 0; seed < 5'000; ++seed) {
    World world(seed, Fault::kNone, /*with_outages=*/false);
    const auto broken = world.Run();
    INFO("seed ", seed, ": ", broken.value_or(""));
    REQUIRE_FALSE(broken);
    calls += world.calls();
  }
  CHECK(calls > 10'000);  // the runs did pay
}

TEST_CASE("PaidCallState: while the shared store comes and goes, no replica pays twice") {
  for (unsigned seed = 0; seed < 3'000; ++seed) {
    const auto broken = World(seed, Fault::kNone, /*with_outages=*/true).Run();
    INFO("seed ", seed, ": ", broken.value_or(""));
    REQUIRE_FALSE(broken);
  }
}

TEST_CASE("PaidCallState: what is broken on purpose is found out") {
  for (const Fault fault : {Fault::kLeaseNotChecked, Fault::kNoSecondLook,
                            Fault::kReleasesBeforeKeep, Fault::kLeaseTooShort}) {
    INFO("fault ", static_cast<int>(fault));
    CHECK(CountBroken(fault, /*with_outages=*/false, 500) > 0);
  }
  for (const Fault fault : {Fault::kLeavesBeforeKeep, Fault::kNoLocalCopy, Fault::kOutageIsMiss}) {
    INFO("fault ", static_cast<int>(fault));
    CHECK(CountBroken(fault, /*with_outages=*/true, 500) > 0);
  }
}
