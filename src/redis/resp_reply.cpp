#include "vcache/redis/resp_reply.h"

#include <array>
#include <utility>

namespace vcache::redis {
namespace {

using Rule = std::pair<std::string_view, RespErrorKind>;

constexpr std::array kFirstWords = {
    Rule{"NOAUTH", RespErrorKind::kNoAuth},
    Rule{"WRONGPASS", RespErrorKind::kWrongPassword},
    Rule{"NOPERM", RespErrorKind::kNoPermission},
    Rule{"LOADING", RespErrorKind::kLoading},
    Rule{"READONLY", RespErrorKind::kReadOnly},
    Rule{"MISCONF", RespErrorKind::kReadOnly},
    Rule{"NOREPLICAS", RespErrorKind::kReadOnly},
    Rule{"OOM", RespErrorKind::kFull},
    Rule{"BUSY", RespErrorKind::kBusy},
    Rule{"MASTERDOWN", RespErrorKind::kMasterDown},
    Rule{"MOVED", RespErrorKind::kMoved},
    Rule{"ASK", RespErrorKind::kAsk},
    Rule{"TRYAGAIN", RespErrorKind::kTryAgain},
    Rule{"CLUSTERDOWN", RespErrorKind::kClusterDown},
    Rule{"CROSSSLOT", RespErrorKind::kCrossSlot},
    Rule{"NOSCRIPT", RespErrorKind::kNoScript},
    Rule{"EXECABORT", RespErrorKind::kExecAborted},
    Rule{"WRONGTYPE", RespErrorKind::kWrongType},
};

/// Texts after a plain `ERR`: plan limits of hosted Redis, and password errors of older servers.
constexpr std::array kAfterErr = {
    Rule{"max requests limit exceeded", RespErrorKind::kQuotaSpent},
    Rule{"max daily request limit exceeded", RespErrorKind::kQuotaSpent},
    Rule{"max request size exceeded", RespErrorKind::kTooLarge},
    Rule{"max single record size exceeded", RespErrorKind::kTooLarge},
    Rule{"max key size exceeded", RespErrorKind::kTooLarge},
    Rule{"max concurrent connections exceeded", RespErrorKind::kTooManyConnections},
    Rule{"max number of clients reached", RespErrorKind::kTooManyConnections},
    Rule{"DB capacity quota exceeded", RespErrorKind::kFull},
    Rule{"invalid password", RespErrorKind::kWrongPassword},
    Rule{"operation not permitted", RespErrorKind::kNoAuth},
};

}  // namespace

RespErrorKind ClassifyRespError(std::string_view message) noexcept {
  const std::string_view word = message.substr(0, message.find(' '));
  for (const auto& [name, kind] : kFirstWords) {
    if (word == name) return kind;
  }
  constexpr std::string_view kErr = "ERR ";
  if (!message.starts_with(kErr)) return RespErrorKind::kOther;
  message.remove_prefix(kErr.size());
  for (const auto& [start, kind] : kAfterErr) {
    if (message.starts_with(start)) return kind;
  }
  return RespErrorKind::kOther;
}

}  // namespace vcache::redis
