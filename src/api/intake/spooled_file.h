#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "api/intake/upload_reader.h"
#include "vcache/content/content_hasher.h"

namespace vcache::api {

/// Takes the bytes of one file: checks the limit and the first bytes, hashes and spools. One thread
/// at a time.
class SpooledFile {
 public:
  explicit SpooledFile(const UploadLimits& limits)
      : limits_(limits),
        spool_(std::make_shared<content::Spool>(
            limits.spool, limits.budget ? limits.budget->NewShare(limits.client) : nullptr)) {}

  /// Errors: kTooLarge, kUnsupportedMediaType, kOverloaded, kIo.
  Result<void> Take(ByteView data);
  /// Checks the whole file. Errors: kBadRequest for an empty one, kUnsupportedMediaType, kIo.
  Result<Upload> Finish(std::string file_name);

 private:
  const UploadLimits limits_;
  content::ContentHasher hasher_;
  std::shared_ptr<content::Spool> spool_;
  bool front_checked_ = false;
};

/// A body of the client is being read, until this is destroyed; null without a budget.
using Reading = std::unique_ptr<content::SpoolBudget::Reading>;
/// Error: kOverloaded.
Result<Reading> BeginReading(const UploadLimits& limits);

/// Bytes of a form besides its files: boundaries and part heads.
inline constexpr std::uint64_t kFormOverhead = 64 * 1024;

/// kTooLarge: "The file is larger than the limit ...; send a smaller one."
Error LargerThan(std::string_view what, std::uint64_t max_bytes, std::string_view remedy);

}  // namespace vcache::api
