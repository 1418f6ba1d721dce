#include "api/upload_reader.h"

#include <string>
#include <utility>
#include <vector>

#include "api/strict_input.h"
#include "vcache/content/content_hasher.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::api {
namespace {

/// Bytes of a form besides the file: boundaries and part heads.
constexpr std::uint64_t kFormOverhead = 64 * 1024;

Error TooLarge(std::uint64_t max_bytes) {
  const std::string limit =
      "The file is larger than the limit of " + std::to_string(max_bytes / (1024 * 1024)) + " MB";
  return {ErrorCode::kTooLarge, limit + " (MAX_UPLOAD_MB); send a smaller one.", Charge::kNone,
          std::nullopt, limit + "; send a smaller one."};
}

/// What an upload has of the budget of all.
struct Grant {
  std::unique_ptr<content::SpoolBudget::Reading> reading;  ///< For as long as the body is read.
  std::unique_ptr<content::SpoolBudget::Share> share;
};

Result<Grant> AskForGrant(const UploadLimits& limits, const std::string& client) {
  if (!limits.budget) return Grant{};
  auto reading = limits.budget->BeginReading(client);
  if (!reading) return reading.error();
  return Grant{*std::move(reading), limits.budget->NewShare(client)};
}

/// Takes the file's bytes: checks the limit and the first bytes, hashes and spools.
class FileIntake {
 public:
  FileIntake(const UploadLimits& limits, Grant grant)
      : limits_(limits),
        reading_(std::move(grant.reading)),
        spool_(std::make_shared<content::Spool>(limits.spool, std::move(grant.share))) {}

  Result<void> Take(ByteView data) {
    if (data.size() > limits_.max_bytes - spool_->size()) return TooLarge(limits_.max_bytes);
    hasher_.Update(data);
    if (Result<void> kept = spool_->Append(data); !kept) return kept;
    if (front_checked_ || spool_->size() < content::kSniffBytes) return {};
    front_checked_ = true;
    return content::CheckMediaFront(*spool_);
  }

  Result<Upload> Finish(std::string file_name) {
    if (spool_->size() == 0) {
      return Error{ErrorCode::kBadRequest, "The file is empty; send its bytes."};
    }
    const Result<content::MediaIdentity> media = content::IdentifyMedia(*spool_);
    if (!media) return media.error();
    return Upload{hasher_.Finish(), *media, std::move(spool_), std::move(file_name)};
  }

 private:
  const UploadLimits limits_;
  const std::unique_ptr<content::SpoolBudget::Reading> reading_;
  content::ContentHasher hasher_;
  std::shared_ptr<content::Spool> spool_;
  bool front_checked_ = false;
};

/// Takes the only part of a form, named `file`.
class FormIntake final : public http::MultipartSink {
 public:
  FormIntake(const UploadLimits& limits, Grant grant) : file_(limits, std::move(grant)) {}

  Result<void> OnPart(const http::PartHead& head) override {
    if (head.name != "file") {
      std::vector<std::string> unknown;
      unknown.push_back(head.name);
      return *RefuseUnknown("form field", unknown, {"file"});
    }
    if (seen_) {
      return Error{ErrorCode::kBadRequest,
                   "The form has two fields named \"file\"; send one file a request."};
    }
    seen_ = true;
    file_name_ = head.file_name.value_or("");
    return {};
  }
  Result<void> OnData(ByteView data) override { return file_.Take(data); }
  Result<void> OnPartEnd() override { return {}; }

  Result<Upload> Finish() {
    if (!seen_) {
      return Error{ErrorCode::kBadRequest,
                   "The form has no field named \"file\"; send the image or video in it."};
    }
    return file_.Finish(std::move(file_name_));
  }

 private:
  FileIntake file_;
  bool seen_ = false;
  std::string file_name_;
};

class FormReader final : public UploadReader {
 public:
  FormReader(std::string boundary, const UploadLimits& limits, Grant grant)
      : form_(limits, std::move(grant)), reader_(std::move(boundary), form_) {}

  Result<void> Take(ByteView piece) override { return reader_.Feed(piece); }
  Result<Upload> Finish() override {
    if (const Result<void> whole = reader_.Finish(); !whole) return whole.error();
    return form_.Finish();
  }

 private:
  FormIntake form_;
  http::MultipartReader reader_;
};

class RawReader final : public UploadReader {
 public:
  RawReader(const UploadLimits& limits, Grant grant) : file_(limits, std::move(grant)) {}

  Result<void> Take(ByteView piece) override { return file_.Take(piece); }
  Result<Upload> Finish() override { return file_.Finish({}); }

 private:
  FileIntake file_;
};

}  // namespace

Result<std::unique_ptr<UploadReader>> UploadReader::Open(const http::Request& request,
                                                         const UploadLimits& limits) {
  if (auto refusal = RefuseQuery(request.info)) return *std::move(refusal);
  const auto header = request.info.headers.Get("Content-Type");
  const auto type = header ? http::ParseMediaTypeHeader(*header) : std::nullopt;
  const bool form = type && type->type == "multipart/form-data";
  const bool raw = type && (type->type.starts_with("image/") || type->type.starts_with("video/") ||
                            type->type == "application/octet-stream");
  if (!request.has_body) {
    return Error{ErrorCode::kLengthRequired,
                 "The request has no body; send the image or video as multipart field \"file\" or "
                 "as the raw body."};
  }
  if (!form && !raw) {
    return Error{ErrorCode::kUnsupportedMediaType,
                 "The Content-Type must be multipart/form-data, image/..., video/... or "
                 "application/octet-stream."};
  }
  const std::uint64_t most = limits.max_bytes + (form ? kFormOverhead : 0);
  if (request.content_length && *request.content_length > most) return TooLarge(limits.max_bytes);
  if (form && (!type->boundary || !http::MultipartReader::IsBoundary(*type->boundary))) {
    return Error{ErrorCode::kBadRequest,
                 "The Content-Type multipart/form-data needs a boundary of 1 to 70 characters."};
  }
  Result<Grant> grant = AskForGrant(limits, request.info.client_group);
  if (!grant) return grant.error();
  if (raw) {
    return std::unique_ptr<UploadReader>(std::make_unique<RawReader>(limits, *std::move(grant)));
  }
  return std::unique_ptr<UploadReader>(
      std::make_unique<FormReader>(*type->boundary, limits, *std::move(grant)));
}

}  // namespace vcache::api
