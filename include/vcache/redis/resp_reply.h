#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vcache::redis {

/// What an error reply asks of the caller (rule R6). Named by the first word of the reply; for
/// hosted Redis, whose plan limits all begin with `ERR max`, by the words after it.
enum class RespErrorKind {
  kNone,  ///< Not an error reply.
  kOther,
  kNoAuth,         ///< A password is needed.
  kWrongPassword,  ///< User or password is wrong, or the user is off.
  kNoPermission,   ///< This user may not run this command or touch this key.
  kLoading,        ///< The server reads its data from disk; soon it will answer.
  kReadOnly,       ///< A replica, or a disk that cannot be written: reads work.
  kFull,           ///< Memory or the plan's capacity is used up: reads and deletes work.
  kBusy,           ///< A script holds the server.
  kMasterDown,
  kMoved,
  kAsk,
  kTryAgain,
  kClusterDown,
  kCrossSlot,
  kNoScript,
  kExecAborted,
  kWrongType,
  kQuotaSpent,          ///< The plan's commands of this day or month are used up.
  kTooLarge,            ///< Request, record or key is over the plan's limit.
  kTooManyConnections,  ///< The server takes no further client.
};

RespErrorKind ClassifyRespError(std::string_view message) noexcept;

/// One reply of the server. A value that owns its data.
struct RespReply {
  enum class Type { kNil, kString, kStatus, kInteger, kArray, kError };

  Type type = Type::kNil;
  std::int64_t integer = 0;
  std::string text;                 ///< Of a string, a status or an error.
  std::vector<RespReply> elements;  ///< Of an array.

  bool nil() const noexcept { return type == Type::kNil; }
  bool is_error() const noexcept { return type == Type::kError; }
  /// A bulk string or a status.
  bool is_text() const noexcept { return type == Type::kString || type == Type::kStatus; }
  bool is_status(std::string_view status) const noexcept {
    return type == Type::kStatus && text == status;
  }
  bool is_array() const noexcept { return type == Type::kArray; }
  RespErrorKind error_kind() const noexcept {
    return is_error() ? ClassifyRespError(text) : RespErrorKind::kNone;
  }
};

/// How large a reply may be before the connection is given up (rule R4): no server that works
/// sends more than was asked for.
struct ReplyLimits {
  std::size_t max_bytes = 1024 * 1024;
  std::size_t max_elements = 4096;  ///< Of any array in it.
};

}  // namespace vcache::redis
