#pragma once

#include <string>
#include <vector>

#include "vcache/config/settings.h"

namespace vcache::config {

/// Complaints about `REDIS_HOST` and its kin: parts without a host, or another server than
/// `REDIS_URL` names. They quote no value.
std::vector<std::string> CheckRedisParts(const RedisSettings& redis);

}  // namespace vcache::config
