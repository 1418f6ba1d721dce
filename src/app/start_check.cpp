#include "app/start_check.h"

#include <string>

#include "app/process_limits.h"
#include "vcache/app/wiring/access_keys.h"
#include "vcache/app/wiring/shared_link.h"
#include "vcache/cache/sqlite/sqlite_store.h"
#include "vcache/content/spool.h"
#include "vcache/core/bytes.h"
#include "vcache/http/server/server.h"

namespace vcache::app {

Result<void> CheckSpoolDirectory(const std::filesystem::path& directory) {
  content::SpoolOptions options;
  options.memory_bytes = 0;
  options.directory = directory;
  content::Spool probe(options);
  if (const Result<void> written = probe.Append(AsBytes("probe")); !written) {
    return Error{ErrorCode::kBadConfiguration, "SPOOL_DIR (" + directory.string() +
                                                   ") cannot be used: " + written.error().message};
  }
  return {};
}

Result<void> CheckStart(const config::Settings& settings) {
  std::string complaints;
  const auto note = [&complaints](const Result<void>& checked) {
    if (checked) return;
    complaints += (complaints.empty() ? "" : "\n") + checked.error().message;
  };
  note(CheckDescriptorLimit());
  note(CheckSpoolDirectory(settings.server.spool_directory));
  if (settings.cache.mode != config::CacheMode::kOff) {
    if (!settings.cache.directory.empty()) {
      note(cache::CheckSqliteDirectory(settings.cache.directory));
    }
    if (settings.redis.is_shared()) note(CheckSharedLink(settings.redis));
  }
  note(CheckAccessKeys(settings.access));
  note(http::CheckAddress(settings.server.host, settings.server.port));
  if (complaints.empty()) return {};
  return Error{ErrorCode::kBadConfiguration, std::move(complaints)};
}

}  // namespace vcache::app
