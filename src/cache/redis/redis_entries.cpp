#include "cache/redis/redis_entries.h"

#include <algorithm>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cache/kept_entry.h"
#include "cache/redis/redis_clear.h"
#include "cache/redis/redis_limits.h"
#include "cache/redis/redis_refusal.h"
#include "vcache/core/ascii.h"

namespace vcache::cache {
namespace {

/// Keys that one SCAN looks at: Redis is not blocked for a millisecond.
constexpr std::size_t kMostScanned = 500;
/// SCANs of one page: 50,000 keys when nothing matches.
constexpr int kMostScans = 100;
/// Values that are asked for at once.
constexpr std::size_t kValuesAtOnce = 50;
constexpr std::size_t kMaxValuesBytes = 64 * 1024 * 1024;
/// A SCAN gives whole buckets. So many keys over the limit go into the cursor, which must fit into
/// a URL.
constexpr std::size_t kCarried = 16;
constexpr redis::ReplyLimits kScanLimits{.max_bytes = 16 * 1024 * 1024, .max_elements = 200'000};
/// In place of Redis' cursor, when only carried keys are left.
constexpr std::string_view kAtEnd = "end";

/// `r<cursor of SCAN>`, then `.<name>` for each key that the last SCAN gave and no page has shown.
/// In a name `-` stands for the colons, and one letter for the family.
struct RedisCursor {
  std::string scan = "0";
  std::vector<CacheKey> carried;
};

std::string CarriedText(const CacheKey& key) {
  std::string name = key.ToString();
  name.erase(1, name.find(':'));
  std::replace(name.begin(), name.end(), ':', '-');
  return name;
}

std::optional<CacheKey> ParseCarried(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const bool is_text = text.front() == 't';
  if (!is_text && text.front() != 'a') return std::nullopt;
  std::string name = std::string(KindName(is_text ? ContentKind::kText : ContentKind::kAnalysis));
  name += ':';
  name += text.substr(1);
  std::replace(name.begin(), name.end(), '-', ':');
  return KeySpace().StoredKeyOf(name);
}

Result<RedisCursor> ParseCursor(std::string_view text) {
  constexpr std::size_t kLongestScan = 64;
  RedisCursor cursor;
  if (text.empty()) return cursor;
  if (text.front() != 'r') return ForeignCursor();
  text.remove_prefix(1);
  cursor.scan = text.substr(0, text.find('.'));
  const bool is_scan = !cursor.scan.empty() && cursor.scan.size() <= kLongestScan &&
                       std::all_of(cursor.scan.begin(), cursor.scan.end(),
                                   [](char c) { return IsDigit(c) || c == '-'; });
  if (!is_scan && cursor.scan != kAtEnd) return ForeignCursor();
  text.remove_prefix(cursor.scan.size());
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view name = text.substr(0, text.find('.'));
    text.remove_prefix(name.size());
    auto key = ParseCarried(name);
    if (!key) return ForeignCursor();
    cursor.carried.push_back(*std::move(key));
  }
  return cursor;
}

/// Empty at the end.
std::string CursorText(const RedisCursor& cursor) {
  if (cursor.scan == kAtEnd && cursor.carried.empty()) return {};
  std::string text = "r" + cursor.scan;
  for (const CacheKey& key : cursor.carried) text += "." + CarriedText(key);
  return text;
}

std::string NameInStore(const KeySpace& keys, const CacheKey& stored) {
  return keys.prefix() + stored.ToString();
}

class RedisPage {
 public:
  RedisPage(const RedisEntriesContext& context, const EntryQuery& query,
            const EntryStore::Visit& visit, Deadline deadline)
      : context_(context),
        query_(query),
        visit_(visit),
        deadline_(deadline),
        left_(query.limit),
        count_(std::clamp<std::size_t>(query.limit, 10, kMostScanned)) {}

  Result<std::string> Run() {
    Result<RedisCursor> cursor = ParseCursor(query_.cursor);
    if (!cursor) return std::move(cursor).error();
    cursor_ = *std::move(cursor);
    for (int scans = 0;; ++scans) {
      if (auto shown = ShowCarried(); !shown) return std::move(shown).error();
      if (left_ == 0 || cursor_.scan == kAtEnd || scans == kMostScans) break;
      if (deadline_.Expired(context_.clock)) return NoTime();
      if (auto scanned = Scan(); !scanned) return std::move(scanned).error();
    }
    return CursorText(cursor_);
  }

 private:
  static Error NoTime() {
    return {ErrorCode::kStoreUnavailable, "Redis took too long to show its entries. Ask again."};
  }

  /// Looks for more keys; those that match are then carried.
  Result<void> Scan() {
    redis::RespCommand scan;
    scan.words = {"SCAN",  cursor_.scan,
                  "MATCH", EscapeGlob(context_.keys.prefix()) + "[at]*:*",
                  "COUNT", std::to_string(count_)};
    scan.limits = kScanLimits;
    const auto reply = context_.client.Run(scan, deadline_);
    if (!reply) return reply.error();
    const bool is_page = reply->is_array() && reply->elements.size() == 2 &&
                         reply->elements[0].is_text() && reply->elements[1].is_array();
    if (!is_page) {
      return Error{ErrorCode::kStoreUnavailable,
                   "Redis does not let us look through its keys (" + RedisWords(*reply) + ")"};
    }
    std::vector<CacheKey> found = Matching(reply->elements[1].elements);
    if (found.size() > left_ + kCarried && count_ > 1) {
      count_ = std::max<std::size_t>(1, std::min(left_, count_ / 4));
      return {};  // the same again, in a smaller portion
    }
    if (found.size() < count_ / 4) count_ = std::min(count_ * 2, kMostScanned);
    const std::string& next = reply->elements[0].text;
    cursor_.scan = next == "0" ? std::string(kAtEnd) : next;
    cursor_.carried = std::move(found);
    return {};
  }

  std::vector<CacheKey> Matching(std::span<const redis::RespReply> elements) const {
    std::vector<CacheKey> found;
    std::unordered_set<CacheKey> seen;  // a SCAN may give a key twice
    for (const redis::RespReply& element : elements) {
      const auto key = context_.keys.StoredKeyOf(element.text);
      if (!key || !query_.pattern.Matches(key->ToString())) continue;
      if (seen.insert(*key).second) found.push_back(*key);
    }
    return found;
  }

  /// Shows what is carried, as far as the page goes.
  Result<void> ShowCarried() {
    std::vector<CacheKey>& carried = cursor_.carried;
    std::size_t shown = 0;
    while (shown < carried.size() && left_ > 0) {
      const std::size_t most = std::min({carried.size() - shown, left_, kValuesAtOnce});
      const auto batch = std::span(carried).subspan(shown, most);
      const Result<std::size_t> done = Show(batch);
      if (!done) return done.error();
      shown += *done;
    }
    carried.erase(carried.begin(), carried.begin() + static_cast<std::ptrdiff_t>(shown));
    return {};
  }

  /// How many of them are done with.
  Result<std::size_t> Show(std::span<const CacheKey> batch) {
    redis::RespCommand mget{{"MGET"}, {kMaxValuesBytes, batch.size()}};
    for (const CacheKey& key : batch) mget.words.push_back(NameInStore(context_.keys, key));
    const auto reply = context_.client.Run(mget, deadline_);
    if (!reply) return reply.error();
    if (!reply->is_array() || reply->elements.size() != batch.size()) return RedisRefused(*reply);
    auto kept = ReadAll(batch, reply->elements);
    if (!kept) return std::move(kept).error();
    std::size_t done = 0;
    for (std::optional<KeptEntry>& entry : *kept) {
      ++done;
      if (!entry) continue;
      --left_;
      if (!visit_(*std::move(entry))) left_ = 0;
      if (left_ == 0) break;
    }
    return done;
  }

  Result<std::vector<std::optional<KeptEntry>>> ReadAll(std::span<const CacheKey> batch,
                                                        std::span<const redis::RespReply> values) {
    const WallTime now = context_.clock.WallNow();
    std::vector<std::optional<KeptEntry>> kept(batch.size());
    std::vector<redis::RespCommand> asked;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (!values[i].is_text()) continue;  // gone since, or no string
      kept[i] = ReadKept(batch[i], values[i].text, context_.accept_demo, std::nullopt, now);
      if (!kept[i] || kept[i]->life_known) continue;
      asked.push_back({{"PTTL", NameInStore(context_.keys, batch[i])}, {}});
      places.push_back(i);
    }
    if (asked.empty()) return kept;
    const auto lives = context_.client.Run(asked, deadline_);
    if (!lives) return lives.error();
    for (std::size_t i = 0; i < places.size(); ++i) {
      const redis::RespReply& life = (*lives)[i];
      if (life.type != redis::RespReply::Type::kInteger || life.integer < 0) continue;
      kept[places[i]]->ttl = std::chrono::milliseconds(life.integer);
      kept[places[i]]->life_known = true;
    }
    return kept;
  }

  const RedisEntriesContext& context_;
  const EntryQuery& query_;
  const EntryStore::Visit& visit_;
  const Deadline deadline_;
  std::size_t left_;   ///< Entries that the page may still show.
  std::size_t count_;  ///< Keys that the next SCAN looks at.
  RedisCursor cursor_;
};

}  // namespace

Result<std::string> PageOfRedis(const RedisEntriesContext& context, const EntryQuery& query,
                                const EntryStore::Visit& visit, Deadline deadline) {
  return RedisPage(context, query, visit, deadline).Run();
}

Result<std::optional<KeptEntry>> FindInRedis(const RedisEntriesContext& context,
                                             const CacheKey& stored, Deadline deadline) {
  const std::string name = NameInStore(context.keys, stored);
  const std::vector<redis::RespCommand> commands = {{{"GET", name}, {kMaxValueBytes, 0}},
                                                    {{"PTTL", name}, {}}};
  const auto replies = context.client.Run(commands, deadline);
  if (!replies) return replies.error();
  const redis::RespReply& value = replies->front();
  if (value.nil()) return std::optional<KeptEntry>();
  if (!value.is_text()) return RedisRefused(value);
  const WallTime now = context.clock.WallNow();
  auto kept = ReadKept(stored, value.text, context.accept_demo, std::nullopt, now);
  if (!kept || kept->life_known) return kept;
  const redis::RespReply& life = replies->back();
  if (life.type == redis::RespReply::Type::kInteger && life.integer >= 0) {
    kept->ttl = std::chrono::milliseconds(life.integer);
    kept->life_known = true;
  }
  return kept;
}

}  // namespace vcache::cache
