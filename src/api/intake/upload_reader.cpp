#include "api/intake/upload_reader.h"

#include <string>
#include <utility>
#include <vector>

#include "api/intake/spooled_file.h"
#include "api/intake/strict_input.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::api {
namespace {

/// Takes the only part of a form, named `file`.
class FormIntake final : public http::MultipartSink {
 public:
  explicit FormIntake(const UploadLimits& limits) : file_(limits) {}

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
  SpooledFile file_;
  bool seen_ = false;
  std::string file_name_;
};

class FormReader final : public UploadReader {
 public:
  FormReader(std::string boundary, const UploadLimits& limits, Reading reading)
      : reading_(std::move(reading)), form_(limits), reader_(std::move(boundary), form_) {}

  Result<void> Take(ByteView piece) override { return reader_.Feed(piece); }
  Result<Upload> Finish() override {
    if (const Result<void> whole = reader_.Finish(); !whole) return whole.error();
    return form_.Finish();
  }

 private:
  const Reading reading_;
  FormIntake form_;
  http::MultipartReader reader_;
};

class RawReader final : public UploadReader {
 public:
  RawReader(const UploadLimits& limits, Reading reading)
      : reading_(std::move(reading)), file_(limits) {}

  Result<void> Take(ByteView piece) override { return file_.Take(piece); }
  Result<Upload> Finish() override { return file_.Finish({}); }

 private:
  const Reading reading_;
  SpooledFile file_;
};

}  // namespace

analysis::Content ContentOf(Upload upload) {
  analysis::Content content;
  content.key = {cache::ContentKind::kAnalysis, upload.digest};
  content.media_type = upload.media.type;
  content.pictures = upload.media.pictures;
  content.bytes = upload.spool->size();
  content.file = std::move(upload.spool);
  content.file_name = std::move(upload.file_name);
  return content;
}

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
  if (request.content_length && *request.content_length > most) {
    return LargerThan("The file is", limits.max_bytes, "send a smaller one.");
  }
  if (form && (!type->boundary || !http::MultipartReader::IsBoundary(*type->boundary))) {
    return Error{ErrorCode::kBadRequest,
                 "The Content-Type multipart/form-data needs a boundary of 1 to 70 characters."};
  }
  Result<Reading> reading = BeginReading(limits);
  if (!reading) return reading.error();
  if (raw) {
    return std::unique_ptr<UploadReader>(std::make_unique<RawReader>(limits, *std::move(reading)));
  }
  return std::unique_ptr<UploadReader>(
      std::make_unique<FormReader>(*type->boundary, limits, *std::move(reading)));
}

}  // namespace vcache::api
