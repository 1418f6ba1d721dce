#pragma once

#include <sqlite3.h>

namespace vcache::cache {

/// Whether a retry may succeed at once; not with a full disk, damage or a moved file.
inline bool IsTransient(int code) noexcept {
  if (code == SQLITE_IOERR_NOMEM) return true;
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
      return true;
    default:
      return false;
  }
}

/// Whether a failed write means that the disk takes no writes. Reads may still succeed.
inline bool MeansNoWrites(int code) noexcept {
  switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return true;
    default:
      return false;
  }
}

}  // namespace vcache::cache
