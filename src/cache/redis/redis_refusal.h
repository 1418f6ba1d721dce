#pragma once

#include <string>

#include "vcache/core/result.h"
#include "vcache/redis/resp_reply.h"

namespace vcache::cache {

/// The server's words without our arguments, which some errors quote: no log may show our keys and
/// values (rule S5).
std::string RedisWords(const redis::RespReply& reply);

/// kStoreUnavailable, with those words.
Error RedisRefused(const redis::RespReply& reply);

}  // namespace vcache::cache
