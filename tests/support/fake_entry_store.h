#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/store_under_test.h"
#include "vcache/cache/entry_store.h"

namespace vcache::test {

/// An EntryStore whose entries a test puts in. One thread at a time.
class FakeEntryStore final : public cache::EntryStore {
 public:
  /// The next page fails when it has shown so many entries.
  std::optional<std::size_t> fails_after{};
  std::vector<cache::KeptEntry> kept{};
  std::vector<cache::EntryQuery> queries{};

  void Add(const cache::CacheKey& key, std::chrono::seconds ttl = std::chrono::seconds(60)) {
    cache::KeptEntry entry;
    entry.key = key;
    entry.entry = MakeEntry(key);
    entry.json = cache::EncodeEntry(*entry.entry);
    entry.ttl = ttl;
    entry.stored_bytes = entry.json.size();
    kept.push_back(std::move(entry));
  }

  Result<std::string> Page(const cache::EntryQuery& query, const Visit& visit, Deadline) override {
    queries.push_back(query);
    std::size_t at = query.cursor.empty() ? 0 : std::stoul(query.cursor.substr(1));
    for (std::size_t shown = 0; at < kept.size() && shown < query.limit; ++at) {
      if (!query.pattern.Matches(kept[at].key.ToString())) continue;
      if (fails_after && *fails_after == 0) {
        return Error{ErrorCode::kStoreUnavailable, "The fake store is away."};
      }
      if (fails_after) --*fails_after;
      ++shown;
      if (!visit(cache::KeptEntry(kept[at]))) {
        ++at;
        break;
      }
    }
    return at < kept.size() ? "f" + std::to_string(at) : std::string();
  }

  Result<std::optional<cache::KeptEntry>> Find(const cache::CacheKey& stored, Deadline) override {
    for (const cache::KeptEntry& entry : kept) {
      if (entry.key == stored) return std::optional(entry);
    }
    return std::optional<cache::KeptEntry>();
  }

  /// What is stored comes after what is there.
  Result<cache::MergeReport> Merge(std::span<const cache::EntryWrite> writes, Deadline) override {
    if (fails_after) return Error{ErrorCode::kStoreUnavailable, "The fake store is away."};
    cache::MergeReport report;
    for (const cache::EntryWrite& write : writes) {
      const auto there = Find(write.key, Deadline::Never());
      ++(*there ? report.kept : report.stored);
      if (*there) continue;
      Add(write.key, std::chrono::floor<std::chrono::seconds>(write.ttl));
      kept.back().entry = write.entry;
    }
    merged.push_back(writes.size());
    return report;
  }
  std::vector<std::size_t> merged{};  ///< The lengths of the batches.
};

}  // namespace vcache::test
