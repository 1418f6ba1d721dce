// Entries of a copy, put into Redis.
#include <algorithm>
#include <utility>
#include <vector>

#include "cache/kept_entry.h"
#include "cache/redis/redis_entries.h"
#include "cache/redis/redis_refusal.h"
#include "cache/times.h"

namespace vcache::cache {
namespace {

/// Values that are asked for at once.
constexpr std::size_t kComparedAtOnce = 50;
constexpr std::size_t kMaxComparedBytes = 64 * 1024 * 1024;

// Writes only if the value is still the one that was read: a write in between is newer.
constexpr std::string_view kReplaceSource = R"(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
)";

const redis::RespScript& ReplaceScript() {
  static const redis::RespScript script{std::string(kReplaceSource)};
  return script;
}

class RedisMerge {
 public:
  RedisMerge(const RedisEntriesContext& context, const EntryFormatOptions& format,
             Deadline deadline)
      : context_(context), format_(format), deadline_(deadline) {}

  Result<void> Take(std::span<const EntryWrite> batch) {
    redis::RespCommand mget{{"MGET"}, {kMaxComparedBytes, batch.size()}};
    for (const EntryWrite& write : batch) mget.words.push_back(NameOf(write));
    const auto there = context_.client.Run(mget, deadline_);
    if (!there) return there.error();
    if (!there->is_array() || there->elements.size() != batch.size()) return RedisRefused(*there);
    std::vector<redis::RespCommand> added;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const redis::RespReply& value = there->elements[i];
      if (!value.is_text()) {
        added.push_back(
            {{"SET", NameOf(batch[i]), Value(batch[i]), "NX", "PX", Life(batch[i])}, {}});
      } else if (GivesWay(value.text, batch[i], context_.accept_demo, context_.clock.WallNow())) {
        if (auto replaced = Replace(batch[i], value.text); !replaced) return replaced;
      } else {
        ++report_.kept;
      }
    }
    return Add(added);
  }
  const MergeReport& report() const noexcept { return report_; }

 private:
  std::string NameOf(const EntryWrite& write) const {
    return context_.keys.prefix() + write.key.ToString();
  }
  static std::string Life(const EntryWrite& write) {
    return std::to_string(std::min<std::chrono::milliseconds>(write.ttl, kLongestLife).count());
  }
  std::string Value(const EntryWrite& write) const {
    return ValueOf(write, format_, context_.clock.WallNow() + write.ttl);
  }

  void Count(bool is_stored) { ++(is_stored ? report_.stored : report_.kept); }

  Result<void> Add(std::span<const redis::RespCommand> commands) {
    if (commands.empty()) return {};
    const auto replies = context_.client.Run(commands, deadline_);
    if (!replies) return replies.error();
    for (const redis::RespReply& reply : *replies) {
      if (reply.is_error()) return RedisRefused(reply);
      Count(reply.is_status("OK"));
    }
    return {};
  }

  Result<void> Replace(const EntryWrite& write, const std::string& seen) {
    const std::vector<std::string> keys = {NameOf(write)};
    const std::vector<std::string> arguments = {seen, Value(write), Life(write)};
    const auto reply = ReplaceScript().Run(context_.client, keys, arguments, deadline_);
    if (!reply) return reply.error();
    if (reply->type != redis::RespReply::Type::kInteger) return RedisRefused(*reply);
    Count(reply->integer == 1);
    return {};
  }

  const RedisEntriesContext& context_;
  const EntryFormatOptions& format_;
  const Deadline deadline_;
  MergeReport report_;
};

}  // namespace

Result<MergeReport> MergeIntoRedis(const RedisEntriesContext& context,
                                   const EntryFormatOptions& format,
                                   std::span<const EntryWrite> writes, Deadline deadline) {
  RedisMerge merge(context, format, deadline);
  while (!writes.empty()) {
    const auto batch = writes.first(std::min(writes.size(), kComparedAtOnce));
    if (auto taken = merge.Take(batch); !taken) return std::move(taken).error();
    writes = writes.subspan(batch.size());
  }
  return merge.report();
}

}  // namespace vcache::cache
