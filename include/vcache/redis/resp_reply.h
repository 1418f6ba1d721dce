#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vcache::redis {

/// The kind of an error reply (rule R6), from its first word. Plan limits of hosted Redis begin
/// with `ERR max`; for them the following words decide.
enum class RespErrorKind {
  kNone,  ///< Not an error reply.
  kOther,
  kNoAuth,         ///< A password is needed.
  kWrongPassword,  ///< User or password is wrong, or the user is disabled.
  kNoPermission,   ///< The user may not run this command or use this key.
  kLoading,        ///< The server loads its data; it will answer soon.
  kReadOnly,       ///< A replica or an unwritable disk: reads work.
  kFull,           ///< Memory or plan capacity is used up: reads and deletes work.
  kBusy,           ///< A script blocks the server.
  kMasterDown,
  kMoved,
  kAsk,
  kTryAgain,
  kClusterDown,
  kCrossSlot,
  kNoScript,
  kExecAborted,
  kWrongType,
  kQuotaSpent,          ///< The plan's commands for the day or month are used up.
  kTooLarge,            ///< Request, record or key is over the plan's limit.
  kTooManyConnections,  ///< The server takes no more clients.
};

RespErrorKind ClassifyRespError(std::string_view message) noexcept;

/// One reply of the server; owns its data.
struct RespReply {
  enum class Type { kNil, kString, kStatus, kInteger, kArray, kError };

  Type type = Type::kNil;
  std::int64_t integer = 0;
  std::string text;                 ///< Text of a string, a status or an error.
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

/// The largest allowed reply; a larger one ends the connection (rule R4).
struct ReplyLimits {
  std::size_t max_bytes = 1024 * 1024;
  std::size_t max_elements = 4096;  ///< Per array.
};

}  // namespace vcache::redis
