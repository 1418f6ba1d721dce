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

/// The bytes of a command as the server wants them; any bytes in any word (rule R1).
std::string EncodeCommand(std::span<const std::string> words);

/// Makes replies of the server's bytes with hiredis' reader, within limits that the reader itself
/// does not have (rule R4). One thread. After an error it is to be dropped with its connection.
class RespDecoder {
 public:
  RespDecoder();
  ~RespDecoder();
  RespDecoder(const RespDecoder&) = delete;
  RespDecoder& operator=(const RespDecoder&) = delete;

  /// Takes bytes over. kStoreUnavailable when memory is used up.
  Result<void> Feed(std::string_view bytes);
  /// The next reply, if it is whole (rule R2). `limits` are those of the command that it answers.
  /// kStoreUnavailable, with what is wrong, when the bytes are not RESP2 or over the limits.
  Result<std::optional<RespReply>> Next(const ReplyLimits& limits);
  /// Whether bytes wait that no reply has used.
  bool has_rest() const noexcept;

  struct Build;

 private:
  Result<void> CheckUnfinished(const ReplyLimits& limits) const;

  std::unique_ptr<Build> build_;  // the reader points into it
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
};

}  // namespace vcache::redis
