#include "vcache/cache/redis/redis_history.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "cache/history_names.h"
#include "cache/redis/redis_refusal.h"
#include "cache/times.h"
#include "vcache/core/mutex.h"
#include "vcache/core/parse_number.h"

namespace vcache::cache {
namespace {

/// Time between two removals of what is too old or too much.
constexpr std::chrono::hours kBetweenTrims{1};
/// Owners whose last trim is remembered; about 150 bytes each. All are forgotten beyond that.
constexpr std::size_t kMostOwners = 10'000;
/// A record's id, body and time in a reply.
constexpr std::size_t kMostRecordBytes = 8 * 1024;

redis::RespCommand Command(std::vector<std::string> words) {
  return {std::move(words), {}};
}

std::string MemberOf(const HistoryRecord& record) {
  return record.id + '\n' + record.body;
}

std::optional<HistoryRecord> RecordOf(const std::string& member, const std::string& score) {
  const std::size_t end = member.find('\n');
  const auto millis = ParseNumber<std::int64_t>(score);
  if (end == std::string::npos || !millis) return std::nullopt;
  return HistoryRecord{member.substr(0, end), FromMillis(*millis), member.substr(end + 1)};
}

class RedisHistory final : public HistoryStore {
 public:
  RedisHistory(HistoryLimits limits, KeySpace keys, redis::RespClient& client, Clock& clock)
      : limits_(limits), keys_(std::move(keys)), client_(client), clock_(clock) {}

  Result<void> Append(std::span<const HistoryWrite> writes, Deadline deadline) override;
  Result<std::vector<HistoryRecord>> Read(const std::string& owner, Deadline deadline) override;
  Result<bool> Remove(const std::string& owner, const std::string& id, Deadline deadline) override;
  Result<std::size_t> Erase(const std::string& owner, Deadline deadline) override;

 private:
  struct Trim {
    SteadyTime next{};
    std::size_t added = 0;  ///< Since the last.
  };

  std::string NameOf(const std::string& owner) const {
    return HistoryName(keys_, limits_.family, owner);
  }
  std::string Oldest() const { return std::to_string(ToMillis(clock_.WallNow() - limits_.life)); }
  bool IsTrimDue(const std::string& name, std::size_t added) VCACHE_EXCLUDES(mutex_);

  const HistoryLimits limits_;
  const KeySpace keys_;
  redis::RespClient& client_;
  Clock& clock_;
  Mutex mutex_;
  std::unordered_map<std::string, Trim> trims_ VCACHE_GUARDED_BY(mutex_);
};

bool RedisHistory::IsTrimDue(const std::string& name, std::size_t added) {
  const SteadyTime now = clock_.Now();
  const MutexLock lock(mutex_);
  if (trims_.size() >= kMostOwners && !trims_.contains(name)) trims_.clear();
  Trim& trim = trims_[name];
  trim.added += added;
  if (trim.next > now && trim.added < limits_.entries) return false;
  trim = {now + kBetweenTrims, 0};
  return true;
}

Result<void> RedisHistory::Append(std::span<const HistoryWrite> writes, Deadline deadline) {
  std::vector<redis::RespCommand> commands;
  for (const HistoryWrite& write : writes) {
    if (write.records.empty()) continue;
    const std::string name = NameOf(write.owner);
    std::vector<std::string> words{"ZADD", name};
    for (const HistoryRecord& record : write.records) {
      words.push_back(std::to_string(ToMillis(record.at)));
      words.push_back(MemberOf(record));
    }
    commands.push_back(Command(std::move(words)));
    if (!IsTrimDue(name, write.records.size())) continue;
    // Each trim ends with the set's life: without it a set would stay for good.
    const std::string last = std::to_string(-static_cast<std::int64_t>(limits_.entries) - 1);
    commands.push_back(Command({"ZREMRANGEBYSCORE", name, "-inf", "(" + Oldest()}));
    commands.push_back(Command({"ZREMRANGEBYRANK", name, "0", last}));
    commands.push_back(Command({"EXPIRE", name, std::to_string(limits_.life.count())}));
  }
  if (commands.empty()) return {};
  const auto replies = client_.Run(commands, deadline);
  if (!replies) return replies.error();
  for (const redis::RespReply& reply : *replies) {
    if (reply.is_error()) return RedisRefused(reply);
  }
  return {};
}

Result<std::vector<HistoryRecord>> RedisHistory::Read(const std::string& owner, Deadline deadline) {
  redis::RespCommand command =
      Command({"ZREVRANGEBYSCORE", NameOf(owner), "+inf", Oldest(), "WITHSCORES", "LIMIT", "0",
               std::to_string(limits_.entries)});
  command.limits = {.max_bytes = kMostRecordBytes * limits_.entries,
                    .max_elements = 2 * limits_.entries};
  const auto reply = client_.Run(command, deadline);
  if (!reply) return reply.error();
  if (!reply->is_array() || reply->elements.size() % 2 != 0) return RedisRefused(*reply);
  std::vector<HistoryRecord> records;
  for (std::size_t i = 0; i < reply->elements.size(); i += 2) {
    auto record = RecordOf(reply->elements[i].text, reply->elements[i + 1].text);
    if (record) records.push_back(*std::move(record));
  }
  return records;
}

Result<bool> RedisHistory::Remove(const std::string& owner, const std::string& id,
                                  Deadline deadline) {
  const auto records = Read(owner, deadline);
  if (!records) return records.error();
  for (const HistoryRecord& record : *records) {
    if (record.id != id) continue;
    const auto reply = client_.Run(Command({"ZREM", NameOf(owner), MemberOf(record)}), deadline);
    if (!reply) return reply.error();
    if (reply->is_error()) return RedisRefused(*reply);
    return reply->integer > 0;
  }
  return false;
}

Result<std::size_t> RedisHistory::Erase(const std::string& owner, Deadline deadline) {
  const std::string name = NameOf(owner);
  const auto replies =
      client_.Run(std::vector{Command({"ZCARD", name}), Command({"DEL", name})}, deadline);
  if (!replies) return replies.error();
  for (const redis::RespReply& reply : *replies) {
    if (reply.is_error()) return RedisRefused(reply);
  }
  const MutexLock lock(mutex_);
  trims_.erase(name);  // the next set needs a life of its own
  return static_cast<std::size_t>(replies->front().integer);
}

}  // namespace

std::unique_ptr<HistoryStore> MakeRedisHistory(HistoryLimits limits, KeySpace keys,
                                               redis::RespClient& client, Clock& clock) {
  return std::make_unique<RedisHistory>(limits, std::move(keys), client, clock);
}

}  // namespace vcache::cache
