#include "vcache/cache/redis/redis_job_store.h"

#include <utility>
#include <vector>

#include "cache/redis/redis_refusal.h"

namespace vcache::cache {
namespace {

/// 1 h, in milliseconds.
constexpr std::string_view kJobLife = "3600000";

class RedisJobStore final : public JobStore {
 public:
  RedisJobStore(KeySpace keys, redis::RespClient& client)
      : keys_(std::move(keys)), client_(client) {}

  Result<bool> Write(const JobWrite& write, Deadline deadline) override {
    std::vector<std::string> words{"SET", NameOf(write.key), EncodeJob(write.state), "PX",
                                   std::string(kJobLife)};
    if (write.only_if_new) words.emplace_back("NX");
    const auto reply = client_.Run(redis::RespCommand{std::move(words), {}}, deadline);
    if (!reply) return reply.error();
    if (reply->is_status("OK")) return true;
    if (reply->nil()) return false;
    return RedisRefused(*reply);
  }

  Result<std::optional<JobState>> Read(const CacheKey& key, Deadline deadline) override {
    const auto reply = client_.Run(redis::RespCommand{{"GET", NameOf(key)}, {}}, deadline);
    if (!reply) return reply.error();
    if (reply->nil()) return std::optional<JobState>();
    if (!reply->is_text()) return RedisRefused(*reply);
    return DecodeJob(reply->text);
  }

 private:
  std::string NameOf(const CacheKey& key) const {
    return keys_.prefix() + "job:" + keys_.NameOf(key.Usual());
  }

  const KeySpace keys_;
  redis::RespClient& client_;
};

}  // namespace

std::unique_ptr<JobStore> MakeRedisJobStore(KeySpace keys, redis::RespClient& client) {
  return std::make_unique<RedisJobStore>(std::move(keys), client);
}

}  // namespace vcache::cache
