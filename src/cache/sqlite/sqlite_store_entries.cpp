// What the local store keeps, for administrators.
#include <algorithm>
#include <utility>

#include "cache/sqlite/sqlite_entry_pages.h"
#include "cache/sqlite/sqlite_verdict_store.h"

namespace vcache::cache {

Result<std::string> SqliteVerdictStore::Page(const EntryQuery& query, const Visit& visit,
                                             Deadline deadline) {
  const Visit shorten = [&](KeptEntry&& kept) {  // as a look-up shows it
    kept.ttl = std::min(kept.ttl, LongestLife(kept.key.kind));
    return visit(std::move(kept));
  };
  SqlitePage page(keys_, query, shorten, options_.accept_demo);
  if (auto begun = page.Begin(); !begun) return std::move(begun).error();
  const WallTime now = time_.Now().earliest;
  while (!page.done()) {
    if (is_off_) return TurnedOff();
    if (deadline.Expired(clock_)) {
      return Error{ErrorCode::kStoreUnavailable,
                   "The local store took too long to show its entries. Ask again."};
    }
    const int code = database_->Read(
        deadline, [&](Connection& connection) { return page.Next(connection, now); });
    if (code != SQLITE_OK) return Judge(code);
  }
  return page.cursor();
}

Result<std::optional<KeptEntry>> SqliteVerdictStore::Find(const CacheKey& stored,
                                                          Deadline deadline) {
  const WallTime now = time_.Now().earliest;
  return ReadWith<std::optional<KeptEntry>>(deadline, [&](Connection& connection, auto& found) {
    const int code = FindKept(connection, keys_, stored, options_.accept_demo, now, found);
    if (found) found->ttl = std::min(found->ttl, LongestLife(stored.kind));
    return code;
  });
}

/// In one transaction: what it stores is there as a whole, or not at all.
Result<MergeReport> SqliteVerdictStore::Merge(std::span<const EntryWrite> writes,
                                              Deadline deadline) {
  MergeReport report;
  const Result<void> written = Write(deadline, [&](Connection& connection) {
    report = {};  // a step may be repeated
    const WallTime now = time_.Now().latest;
    int code = Sweep(connection, static_cast<int>(writes.size()));
    for (const EntryWrite& write : writes) {
      if (code != SQLITE_OK) break;
      code =
          MergeEntry(connection, keys_, write, options_.format, options_.accept_demo, now, report);
    }
    return code;
  });
  if (!written) return written.error();
  return report;
}

}  // namespace vcache::cache
