#pragma once

#include <string_view>

#include "cache/sqlite/sqlite_connection.h"

namespace vcache::cache {

/// Ends the lease of an entry if `token` holds it. Call inside a transaction. SQLite's result code.
int EndLease(Connection& connection, std::string_view store_key, std::string_view token);

}  // namespace vcache::cache
