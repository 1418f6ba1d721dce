#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/core/deadline.h"
#include "vcache/core/result.h"
#include "vcache/redis/resp_reply.h"

namespace vcache::redis {

/// A command and its arguments; any bytes.
struct RespCommand {
  std::vector<std::string> words;
  ReplyLimits limits;
};

/// Something that runs Redis commands: a connection, or whatever speaks for one. All calls are safe
/// from any thread.
class RespClient {
 public:
  virtual ~RespClient() = default;

  /// Sends the commands together, in their order, and waits for all replies, `deadline` at most.
  /// An error reply of the server is a reply, not a failure: the caller judges it. Other callers'
  /// commands may run between two of these. kStoreUnavailable when not every reply came: commands
  /// that were sent may have been carried out all the same.
  virtual Result<std::vector<RespReply>> Run(std::span<const RespCommand> commands,
                                             Deadline deadline) = 0;

  /// Whether calls are likely to be answered now. Never blocks.
  virtual bool available() const noexcept = 0;

  /// Whether words may hold any bytes. If not, they must be UTF-8, or `Run` fails without sending
  /// them; replies hold any bytes all the same, and scripts see to their arguments themselves.
  virtual bool takes_any_bytes() const noexcept { return true; }

  /// One command.
  Result<RespReply> Run(const RespCommand& command, Deadline deadline);
};

/// A script that the server knows by its digest. Where the client takes text only, arguments of
/// other bytes travel percent-encoded and are decoded by the script's first lines; its own see no
/// difference. Immutable, thread-safe.
class RespScript {
 public:
  explicit RespScript(std::string source);

  /// Runs it by its digest; a server that does not know it (NOSCRIPT) is sent the text. Outcomes as
  /// those of `RespClient::Run`.
  Result<RespReply> Run(RespClient& client, std::span<const std::string> keys,
                        std::span<const std::string> arguments, Deadline deadline) const;

  /// 40 lower-case hex digits: the SHA-1 that EVALSHA wants.
  const std::string& digest() const noexcept { return plain_.digest; }

 private:
  struct Form {
    explicit Form(std::string text);
    std::string source;
    std::string digest;
  };
  static Result<RespReply> RunForm(const Form& form, RespClient& client,
                                   std::span<const std::string> keys,
                                   std::span<const std::string> arguments, Deadline deadline);

  Form plain_;
  Form decoding_;
};

}  // namespace vcache::redis
