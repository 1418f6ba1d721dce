#include "cache/redis/redis_clear.h"

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cache/redis/redis_refusal.h"
#include "vcache/cache/clear_count.h"
#include "vcache/core/parse_number.h"

namespace vcache::cache {
namespace {

/// A page may be larger than asked for: the server never splits a bucket.
constexpr redis::ReplyLimits kPageLimits{.max_bytes = 16 * 1024 * 1024, .max_elements = 200'000};

Error Failure(std::string message) {
  return Error{ErrorCode::kStoreUnavailable, std::move(message)};
}

/// One walk over the database.
class Walk {
 public:
  Walk(const RedisClearContext& context, const KeyPattern& pattern, ClearMode mode,
       Deadline deadline)
      : context_(context), pattern_(pattern), mode_(mode), deadline_(deadline) {}

  /// Takes the next page; `done` afterwards when it was the last.
  Result<void> Step() {
    auto reply = context_.client.Run(ScanCommand(), deadline_);
    if (!reply) return std::move(reply).error();
    const bool is_page = reply->is_array() && reply->elements.size() == 2 &&
                         reply->elements[0].is_text() && reply->elements[1].is_array();
    if (!is_page) return Failure("Redis does not let us look through its keys");
    cursor_ = reply->elements[0].text;
    done_ = cursor_ == "0";
    return TakePage(reply->elements[1].elements);
  }
  bool done() const noexcept { return done_; }
  const ClearReport& report() const noexcept { return report_; }

 private:
  redis::RespCommand ScanCommand() const {
    // Narrowed by what we know of our keys; the user's pattern never leaves this process. The
    // letters are those that the families begin with.
    redis::RespCommand scan;
    scan.words = {"SCAN",  cursor_,
                  "MATCH", EscapeGlob(context_.keys.prefix()) + "[atf]*:*",
                  "COUNT", std::to_string(context_.page)};
    scan.limits = kPageLimits;
    return scan;
  }

  Result<void> TakePage(std::vector<redis::RespReply>& page) {
    std::vector<std::string> files;
    std::vector<std::string> texts;
    std::vector<std::string> failures;
    for (redis::RespReply& element : page) {
      const std::string_view failed = context_.keys.EntryOfFailure(element.text);
      if (!failed.empty() && pattern_.Matches(failed.substr(context_.keys.prefix().size()))) {
        failures.push_back(std::move(element.text));
        continue;
      }
      const auto family = context_.keys.FamilyOf(element.text);
      const auto name = std::string_view(element.text);
      if (!family || !pattern_.Matches(name.substr(context_.keys.prefix().size()))) continue;
      (*family == ContentKind::kText ? texts : files).push_back(std::move(element.text));
    }
    std::uint64_t not_counted = 0;
    if (mode_ == ClearMode::kDelete) {
      if (auto taken = Take(failures, not_counted); !taken) return taken;
    }
    if (auto taken = Take(files, report_.analysis); !taken) return taken;
    return Take(texts, report_.text);
  }

  Result<void> Take(std::vector<std::string>& keys, std::uint64_t& count) {
    if (keys.empty()) return {};
    if (mode_ == ClearMode::kDryRun) {
      // A walk may show a key twice. Eight bytes for each are enough to tell them apart.
      for (const std::string& key : keys) {
        if (seen_.insert(std::hash<std::string>()(key)).second) ++count;
      }
      return {};
    }
    redis::RespCommand unlink;
    unlink.words.reserve(keys.size() + 1);
    unlink.words.emplace_back("UNLINK");
    for (std::string& key : keys) unlink.words.push_back(std::move(key));
    const auto reply = context_.client.Run(unlink, deadline_);
    if (!reply) return reply.error();
    if (reply->is_error()) return Failure("Redis does not let us remove keys");
    count += static_cast<std::uint64_t>(std::max<std::int64_t>(reply->integer, 0));
    return {};
  }

  const RedisClearContext& context_;
  const KeyPattern& pattern_;
  const ClearMode mode_;
  const Deadline deadline_;
  std::string cursor_ = "0";
  bool done_ = false;
  ClearReport report_;
  std::unordered_set<std::size_t> seen_;
};

std::int64_t NewClearEpoch() {
  std::random_device random;
  return (std::int64_t{random()} << kClearBits) + (std::int64_t{1} << (kClearBits + 32));
}

}  // namespace

std::string EscapeGlob(std::string_view prefix) {
  std::string escaped;
  for (const char c : prefix) {
    if (std::string_view("*?[]\\^-").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

Result<ClearReport> ClearRedis(const RedisClearContext& context, const KeyPattern& pattern,
                               ClearMode mode, Deadline deadline) {
  Walk walk(context, pattern, mode, deadline);
  while (!walk.done()) {
    auto stepped =
        deadline.Expired(context.clock) ? Result<void>(Failure("no time is left")) : walk.Step();
    if (stepped) continue;
    Error error = std::move(stepped).error();
    error.message = "Redis was not cleared to the end, " + std::to_string(walk.report().total()) +
                    " entries were (" + error.message + "). Clear again.";
    return error;
  }
  return walk.report();
}

Result<ClearReport> CountMissingEntries(redis::RespClient& client,
                                        std::span<const PendingEntry> entries, Deadline deadline) {
  constexpr std::size_t kAtOnce = 500;
  ClearReport missing;
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    std::uint64_t& count = kind == ContentKind::kText ? missing.text : missing.analysis;
    for (std::size_t at = 0; at < entries.size();) {
      redis::RespCommand exists{{"EXISTS"}, {}};
      for (; at < entries.size() && exists.words.size() <= kAtOnce; ++at) {
        if (entries[at].kind == kind) exists.words.push_back(entries[at].store_key);
      }
      if (exists.words.size() == 1) continue;
      const auto reply = client.Run(exists, deadline);
      if (!reply) return reply.error();
      if (reply->type != redis::RespReply::Type::kInteger) return RedisRefused(*reply);
      const auto asked = static_cast<std::int64_t>(exists.words.size()) - 1;
      count +=
          static_cast<std::uint64_t>(std::clamp<std::int64_t>(asked - reply->integer, 0, asked));
    }
  }
  return missing;
}

Result<std::int64_t> CountRedisClears(redis::RespClient& client, const std::string& key,
                                      Deadline deadline) {
  const redis::RespCommand get{{"GET", key}, {}};
  auto reply = client.Run(get, deadline);
  if (reply && reply->nil()) {
    const std::string epoch = std::to_string(NewClearEpoch());
    const auto set = client.Run({{"SET", key, epoch, "NX"}, {}}, deadline);
    if (!set) return set.error();
    reply = client.Run(get, deadline);
  }
  if (!reply) return reply.error();
  if (reply->nil()) return std::int64_t{0};  // it takes no writes
  const auto count = ParseNumber<std::int64_t>(reply->text);
  if (!reply->is_text() || !count) return RedisRefused(*reply);
  return *count;
}

}  // namespace vcache::cache
