#include "api/intake/spooled_file.h"

#include <utility>

namespace vcache::api {

Error LargerThan(std::string_view what, std::uint64_t max_bytes, std::string_view remedy) {
  const std::string limit = std::string(what) + " larger than the limit of " +
                            std::to_string(max_bytes / (1024 * 1024)) + " MB";
  const std::string advice = "; " + std::string(remedy);
  return {ErrorCode::kTooLarge, limit + " (MAX_UPLOAD_MB)" + advice, Charge::kNone, std::nullopt,
          limit + advice};
}

Result<Reading> BeginReading(const UploadLimits& limits) {
  if (!limits.budget) return Reading();
  return limits.budget->BeginReading(limits.client);
}

Result<void> SpooledFile::Take(ByteView data) {
  if (data.size() > limits_.max_bytes - spool_->size()) {
    return LargerThan("The file is", limits_.max_bytes, "send a smaller one.");
  }
  hasher_.Update(data);
  if (Result<void> kept = spool_->Append(data); !kept) return kept;
  if (front_checked_ || spool_->size() < content::kSniffBytes) return {};
  front_checked_ = true;
  return content::CheckMediaFront(*spool_);
}

Result<Upload> SpooledFile::Finish(std::string file_name) {
  if (spool_->size() == 0) {
    return Error{ErrorCode::kBadRequest, "The file is empty; send its bytes."};
  }
  const Result<content::MediaIdentity> media = content::IdentifyMedia(*spool_);
  if (!media) return media.error();
  return Upload{hasher_.Finish(), *media, std::move(spool_), std::move(file_name)};
}

}  // namespace vcache::api
