#pragma once

#include <string>

#include "vcache/core/result.h"
#include "vcache/net/resp_reply.h"

namespace vcache::cache {

/// The server's words without our arguments, which some errors quote: keys and values of ours
/// belong into no log (rule S5).
std::string RedisWords(const net::RespReply& reply);

/// kStoreUnavailable, with those words.
Error RedisRefused(const net::RespReply& reply);

}  // namespace vcache::cache
