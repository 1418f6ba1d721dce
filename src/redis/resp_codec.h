#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "vcache/core/result.h"
#include "vcache/redis/resp_reply.h"

struct redisReader;

namespace vcache::redis {

/// Encodes a command; words may hold any bytes.
std::string EncodeCommand(std::span<const std::string> words);

/// Decodes replies with hiredis' reader, within limits that the reader lacks (rule R4). One thread.
/// After an error, drop it with its connection.
class RespDecoder {
 public:
  RespDecoder();
  ~RespDecoder();
  RespDecoder(const RespDecoder&) = delete;
  RespDecoder& operator=(const RespDecoder&) = delete;

  /// Adds received bytes. kStoreUnavailable when memory is used up.
  Result<void> Feed(std::string_view bytes);
  /// The next reply, or empty until it is whole. `limits` are those of its command.
  /// kStoreUnavailable when the bytes are not RESP2 or exceed the limits.
  Result<std::optional<RespReply>> Next(const ReplyLimits& limits);
  /// Whether bytes are left that belong to no reply.
  bool has_rest() const noexcept;

  struct Build;

 private:
  Result<void> CheckUnfinished(const ReplyLimits& limits) const;

  std::unique_ptr<Build> build_;  // the reader points to it
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
};

}  // namespace vcache::redis
