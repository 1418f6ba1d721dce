#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "analysis/call_limiter.h"
#include "analysis/failure_holds.h"
#include "analysis/passage.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/core/result.h"

namespace vcache::analysis {

/// Carries a content through its `Passage`: asks the tiers and the shared store, waits for other
/// replicas, pays, keeps. Thread-safe: one runner serves all flights.
class FlightRunner {
 public:
  /// All references must outlive the runner.
  FlightRunner(cache::TieredStore& store, const detection::DetectorPanel& panel,
               AnalysisObserver& observer, Clock& clock, const AnalysisOptions& options,
               const Safeguards& safeguards);

  /// What a flight is, between its steps.
  struct Course {
    explicit Course(bool has_leases) : passage(has_leases) {}
    Passage passage;
    cache::LookupResult found;
  };
  Course Plan() const { return Course(safeguards_.leases != nullptr); }

  /// The first step, in the thread of whoever asks: a result when that was all.
  std::optional<Result<Analysis>> LookUp(Course& course, const Content& content);
  /// All further steps up to the landing. Blocks for as long as another replica's call and a call
  /// of ours may take.
  Result<Analysis> Run(Course& course, const Content& content);

  /// No call begins any more, and nobody waits for another replica's.
  void Stop();

  /// What a verdict that is known spares whoever sends the content.
  std::int64_t WorthOf(const cache::Entry& entry, const Content& content) const;

  bool Serves(const cache::LookupResult& found, detection::MediaKind kind) const;

 private:
  struct Leg;
  Sight SightOf(const cache::LookupResult& found, const Content& content) const;
  Deadline StorePatience() const;
  void Claim(Course& course, Leg& leg);
  bool AwaitNews(Leg& leg);
  std::optional<Error> Refusal(const Course& course, Leg& leg);
  std::optional<Error> SetMoneyAside(Leg& leg);
  void Pay(Course& course, Leg& leg);
  void NoteBegin(Leg& leg);
  void NoteEnd(const Leg& leg);
  void Release(const Course& course, const Leg& leg);
  Analysis Keep(Leg& leg, const std::string& lease);

  cache::TieredStore& store_;
  const detection::DetectorPanel& panel_;
  AnalysisObserver& observer_;
  Clock& clock_;
  const AnalysisOptions options_;
  const Safeguards safeguards_;
  CallLimiter outage_calls_;
  FailureHolds holds_;
  std::atomic<bool> stopping_{false};
};

detection::MediaKind MediaKindOf(const Content& content);
/// The answer of a hit, which spared a call of this price.
Analysis AnalysisOf(cache::LookupResult found, std::int64_t saved_micros);

}  // namespace vcache::analysis
