#pragma once

#include <string>

#include "vcache/cache/key_space.h"

namespace vcache::cache {

/// `<prefix><family>:<64 hex>`: users have names and addresses of people, which are no keys.
std::string HistoryName(const KeySpace& keys, const std::string& family, const std::string& owner);

}  // namespace vcache::cache
