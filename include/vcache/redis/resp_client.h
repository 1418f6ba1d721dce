#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"
#include "vcache/redis/resp_reply.h"

namespace vcache::redis {

/// A command and its arguments; words may hold any bytes.
struct RespCommand {
  std::vector<std::string> words;
  ReplyLimits limits;
};

/// Runs Redis commands. Thread-safe.
class RespClient {
 public:
  virtual ~RespClient() = default;

  /// Sends the commands together, in order, and waits for all replies until `deadline` at most. An
  /// error reply of the server is a reply: the caller judges it. Commands of other callers may run
  /// in between. kStoreUnavailable when a reply is missing: commands that were sent may have been
  /// carried out.
  virtual Result<std::vector<RespReply>> Run(std::span<const RespCommand> commands,
                                             Deadline deadline) = 0;

  /// Whether calls are likely to succeed now. Never blocks.
  virtual bool available() const noexcept = 0;

  /// Since when calls have been likely to fail; empty while they are not. Never blocks.
  virtual std::optional<SteadyTime> away_since() const noexcept { return std::nullopt; }

  /// For whoever saw another connection to the same server die: makes open connections prove that
  /// they live. One that is dead is replaced within a moment. Never blocks.
  virtual void Check() {}

  /// Whether words may hold any bytes. If not, `Run` fails for words that are not UTF-8, without
  /// sending them. Replies hold any bytes in both cases; `RespScript` encodes its arguments itself.
  virtual bool takes_any_bytes() const noexcept { return true; }

  Result<RespReply> Run(const RespCommand& command, Deadline deadline);
};

/// A script, run by its digest. For a client that takes text only, it percent-encodes its other
/// arguments and decodes them in the script's first lines. Immutable, thread-safe.
class RespScript {
 public:
  explicit RespScript(std::string source);

  /// Runs the script by its digest; sends the text when the server replies NOSCRIPT. Results and
  /// errors: as `RespClient::Run`.
  Result<RespReply> Run(RespClient& client, std::span<const std::string> keys,
                        std::span<const std::string> arguments, Deadline deadline,
                        ReplyLimits limits = {}) const;

  /// The SHA-1 for EVALSHA, in 40 lower-case hex digits.
  const std::string& digest() const noexcept { return plain_.digest; }

 private:
  struct Form {
    explicit Form(std::string text);
    std::string source;
    std::string digest;
  };
  static Result<RespReply> RunForm(const Form& form, RespClient& client,
                                   std::span<const std::string> keys,
                                   std::span<const std::string> arguments, Deadline deadline,
                                   ReplyLimits limits);

  Form plain_;
  Form decoding_;
};

}  // namespace vcache::redis
