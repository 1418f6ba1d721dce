#include "api/intake/batch_reader.h"

#include <utility>

#include "api/intake/spooled_file.h"
#include "api/intake/strict_input.h"
#include "vcache/core/ascii.h"
#include "vcache/core/parse_number.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::api {
namespace {

constexpr std::size_t kMostFieldBytes = 64;
constexpr int kMostAttempts = 10;

Error WrongKind(std::string_view wanted) {
  return {ErrorCode::kUnsupportedMediaType,
          "The file is not of the type that the batch has: " + std::string(wanted) + "."};
}

Error FilesTooLarge(const UploadLimits& limits) {
  return LargerThan("The files of the batch are together", limits.max_bytes,
                    "send several batches.");
}

/// A text field that may stand in the form once.
struct BatchField {
  std::string_view name;
  std::optional<std::string> value{};
};

class BatchForm final : public http::MultipartSink {
 public:
  explicit BatchForm(const UploadLimits& limits) : limits_(limits) {}

  Result<void> OnPart(const http::PartHead& head) override {
    field_ = nullptr;
    for (BatchField* field : {&type_, &attempts_}) {
      if (head.name != field->name) continue;
      if (field->value) return Twice(field->name);
      field->value.emplace();
      field_ = field;
      return {};
    }
    if (head.name != "files" && head.name != "file") {
      const std::vector<std::string> unknown{head.name};
      return *RefuseUnknown("form field", unknown, {"files", "file", "type", "maxAttempts"});
    }
    if (files_.size() == kMostBatchFiles) {
      return Error{ErrorCode::kBadRequest, "The batch has more than " +
                                               std::to_string(kMostBatchFiles) +
                                               " files; nothing was done. Send several batches."};
    }
    file_.emplace(limits_);
    failure_.reset();
    file_name_ = head.file_name.value_or("");
    return {};
  }

  Result<void> OnData(ByteView data) override {
    if (field_ != nullptr) {
      if (field_->value->size() + data.size() > kMostFieldBytes) return Malformed(field_->name);
      *field_->value += AsText(data);
      return {};
    }
    if (data.size() > limits_.max_bytes - bytes_) {
      return FilesTooLarge(limits_);
    }
    bytes_ += data.size();
    if (!file_) return {};
    if (const Result<void> taken = file_->Take(data); !taken) {
      failure_ = taken.error();
      file_.reset();  // the rest of it is read and dropped
    }
    return {};
  }

  Result<void> OnPartEnd() override {
    if (field_ != nullptr) return {};
    Result<Upload> upload = failure_ ? Result<Upload>(*std::move(failure_)) : file_->Finish({});
    file_.reset();
    files_.push_back({std::move(file_name_), std::move(upload)});
    return {};
  }

  Result<std::vector<BatchFile>> Finish() {
    if (files_.empty()) {
      return Error{ErrorCode::kBadRequest,
                   "The form has no field named \"files\"; send the images or videos in it."};
    }
    if (attempts_.value) {
      const auto attempts = ParseNumber<int>(*attempts_.value);
      if (!attempts || *attempts < 1 || *attempts > kMostAttempts) return Malformed(attempts_.name);
    }
    if (type_.value) {
      const std::string type = ToLower(*type_.value);
      if (type != "image" && type != "video") return Malformed(type_.name);
      for (BatchFile& file : files_) {
        const bool is_video = file.upload && content::IsVideo(file.upload->media.type);
        if (file.upload && is_video != (type == "video")) file.upload = WrongKind(type);
      }
    }
    return std::move(files_);
  }

 private:
  static Error Twice(std::string_view name) {
    return {ErrorCode::kBadRequest,
            "The form has two fields named \"" + std::string(name) + "\"; nothing was done."};
  }
  static Error Malformed(std::string_view name) {
    const std::string wanted = name == "type" ? "image or video" : "a number from 1 to 10";
    return {ErrorCode::kBadRequest, "The form field \"" + std::string(name) + "\" must be " +
                                        wanted + "; nothing was done."};
  }

  const UploadLimits limits_;
  std::uint64_t bytes_ = 0;  ///< Of all files.
  BatchField type_{"type"};
  BatchField attempts_{"maxAttempts"};
  BatchField* field_ = nullptr;  ///< The part that is being read, if it is one.
  std::optional<SpooledFile> file_{};
  std::optional<Error> failure_{};  ///< Of the file that is being read.
  std::string file_name_{};
  std::vector<BatchFile> files_{};
};

class BatchFormReader final : public BatchReader {
 public:
  BatchFormReader(std::string boundary, const UploadLimits& limits, Reading reading)
      : reading_(std::move(reading)), form_(limits), reader_(std::move(boundary), form_) {}

  Result<void> Take(ByteView piece) override { return reader_.Feed(piece); }
  Result<std::vector<BatchFile>> Finish() override {
    if (const Result<void> whole = reader_.Finish(); !whole) return whole.error();
    return form_.Finish();
  }

 private:
  const Reading reading_;
  BatchForm form_;
  http::MultipartReader reader_;
};

}  // namespace

Result<std::unique_ptr<BatchReader>> BatchReader::Open(const http::Request& request,
                                                       const UploadLimits& limits) {
  if (auto refusal = RefuseQuery(request.info)) return *std::move(refusal);
  const auto header = request.info.headers.Get("Content-Type");
  const auto type = header ? http::ParseMediaTypeHeader(*header) : std::nullopt;
  if (!request.has_body) {
    return Error{ErrorCode::kLengthRequired,
                 "The request has no body; send the files as multipart fields \"files\"."};
  }
  if (!type || type->type != "multipart/form-data") {
    return Error{ErrorCode::kUnsupportedMediaType, "The Content-Type must be multipart/form-data."};
  }
  if (request.content_length.value_or(0) > limits.max_bytes + kFormOverhead) {
    return FilesTooLarge(limits);
  }
  if (!type->boundary || !http::MultipartReader::IsBoundary(*type->boundary)) {
    return Error{ErrorCode::kBadRequest,
                 "The Content-Type multipart/form-data needs a boundary of 1 to 70 characters."};
  }
  auto reading = BeginReading(limits);
  if (!reading) return reading.error();
  return std::unique_ptr<BatchReader>(
      std::make_unique<BatchFormReader>(*type->boundary, limits, *std::move(reading)));
}

}  // namespace vcache::api
