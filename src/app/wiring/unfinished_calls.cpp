#include "app/wiring/unfinished_calls.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "vcache/cache/sqlite/sqlite_journal.h"
#include "vcache/core/time_text.h"

namespace vcache::app {
namespace {

using cache::Counter;

/// The log's short name of `analysis:a3f7b9c2e1d4...`: the first 12 digits.
std::string_view ShortDigestOf(std::string_view name) {
  return name.substr(name.find(':') + 1).substr(0, 12);
}

void Report(const cache::CallNote& note, Logger& logger) {
  const std::string begun = FormatTime(note.begun);
  logger.Error(
      "A paid call was under way when its process ended, and nobody saw the answer: the vendor may "
      "have charged for it; look the time up in the vendor's usage page",
      {{"kind", KindName(note.kind)},
       {"digest", ShortDigestOf(note.name)},
       {"begun", begun},
       {"price_usd", note.price.dollars()}});
}

/// At the time of the call, so that a count that is repeated goes to the same hour.
Result<void> Count(const cache::CallNote& note, cache::CounterStore& store, Deadline deadline) {
  cache::CounterWrite write{.delta = {}, .when = note.begun, .id = note.id};
  write.delta.at(note.kind, Counter::kPaidCalls) = 1;
  write.delta.at(note.kind, Counter::kUnknownCharges) = 1;
  return store.Add(write, deadline);
}

}  // namespace

std::unique_ptr<cache::CallJournal> OpenJournal(const config::Settings& settings,
                                                const Stores& stores, Clock& clock,
                                                Logger& logger) {
  if (stores.local == nullptr) return nullptr;
  auto journal = cache::OpenSqliteJournal({.directory = settings.cache.directory},
                                          KeySpaceOf(settings), clock, logger);
  if (journal) return std::move(*journal);
  logger.Error("Paid calls are not noted on disk: a crash will not tell of them",
               {{"reason", journal.error().message}});
  return nullptr;
}

void ReportUnfinishedCalls(cache::CallJournal* journal, cache::CounterStore* counters,
                           cache::LeaseStore* leases, Clock& clock, Logger& logger) {
  if (journal == nullptr || counters == nullptr) return;
  constexpr std::chrono::seconds kPatience{5};
  const Deadline deadline = Deadline::After(clock, kPatience);
  const auto notes = journal->TakeUnfinished(deadline);
  if (!notes) {
    logger.Warn("Paid calls that a crash left unfinished cannot be read; the next start tells them",
                {{"reason", notes.error().message}});
    return;
  }
  for (const cache::CallNote& note : *notes) {
    Report(note, logger);
    if (leases != nullptr && !note.lease_token.empty()) {
      const Result<void> ended =
          leases->ReleaseNamed(note.name, note.lease_token, Deadline::After(clock, kPatience));
      (void)ended;  // the lease then expires
    }
    if (const auto counted = Count(note, *counters, deadline); !counted) {
      logger.Warn("That paid call cannot be counted; the next start tries again",
                  {{"reason", counted.error().message}});
      continue;
    }
    const Result<void> ended = journal->End(note.id, Deadline::After(clock, kPatience));
    (void)ended;  // the journal logs it; the next start counts it again, under the same id
  }
}

}  // namespace vcache::app
