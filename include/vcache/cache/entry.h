#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/cache/cache_key.h"
#include "vcache/core/result.h"
#include "vcache/core/verdict.h"

namespace vcache::cache {

/// A verdict with what the cache needs to know of it. Immutable once shared.
struct Entry {
  Verdict verdict;
  CacheKey key;
  WallTime stored_at{};  ///< `WallTime{}` when unknown: of some foreign entries.
  /// Price of the call that made it, in millionths of a US dollar.
  std::int64_t cost_micros = 0;
  std::string media_type;  ///< Empty for texts.
  std::uint64_t bytes = 0;
  /// Fingerprint of the vendors, models and options that made the verdict (rule S4).
  std::string detectors;
  /// Written by other software, which does not say what the verdict cost.
  bool foreign = false;
  /// When its life in the store is over, for stores that do not tell it with each read: they set
  /// it when they write, and take it out when they read. Empty everywhere else.
  std::optional<WallTime> expires_at{};
};

using SharedEntry = std::shared_ptr<const Entry>;

struct EntryFormatOptions {
  /// From here up an entry is stored as a zstd frame.
  std::size_t compress_min_bytes = 1024;
  /// Above this `details` is cut to a summary first.
  std::size_t max_bytes = 256 * 1024;
};

/// The stored form of an entry, as docs/cache-format.md specifies it. `stored_as` is the digest
/// that it names: `KeySpace::StoredDigest`, so that with `KEY_SECRET` no value tells the content's
/// own digest either. Without it, the content's own.
std::string EncodeEntry(const Entry& entry, const EntryFormatOptions& options,
                        const content::ContentDigest& stored_as);
std::string EncodeEntry(const Entry& entry, const EntryFormatOptions& options = {});

/// Reads a stored value, compressed or not, ours or other software's. `key` is what was asked for:
/// an entry that names another content is unreadable (rule R8). kStoreCorrupt, with what is wrong;
/// kNotCached for a foreign entry that must not be served (`demo`, no finite score): a miss.
/// An entry that we wrote for the sandbox bears `demo` too; `accept_demo` lets it pass.
/// `stored_as` is the digest that the entry must name, as for `EncodeEntry`.
Result<Entry> DecodeEntry(std::string_view stored, const CacheKey& key, bool accept_demo,
                          const content::ContentDigest& stored_as);
Result<Entry> DecodeEntry(std::string_view stored, const CacheKey& key, bool accept_demo);

}  // namespace vcache::cache
