#include "sandbox/upload_form.h"

#include <array>
#include <memory>

#include "vcache/core/bytes.h"

namespace vcache::sandbox {
namespace {

/// Some vendors take a whole text as a field.
constexpr std::size_t kMaxField = 4 * 1024 * 1024;

}  // namespace

Result<void> UploadForm::Read(http::Request& request) {
  const auto header = request.info.headers.Get("Content-Type");
  const auto type = header ? http::ParseMediaTypeHeader(*header) : std::nullopt;
  if (!type || type->type != "multipart/form-data" || !type->boundary) {
    return Error{ErrorCode::kBadRequest, "not a form"};
  }
  http::MultipartReader reader(*type->boundary, *this);
  const auto buffer = std::make_unique<std::array<std::byte, 128 * 1024>>();
  for (;;) {
    const Result<std::size_t> count = request.body->Read(*buffer);
    if (!count) return count.error();
    if (*count == 0) return reader.Finish();
    if (const Result<void> fed = reader.Feed(ByteView(buffer->data(), *count)); !fed) return fed;
  }
}

Result<void> UploadForm::OnPart(const http::PartHead& head) {
  name_ = head.name;
  if (name_ == file_field_) file_type_ = head.content_type;
  return {};
}

Result<void> UploadForm::OnData(ByteView data) {
  if (name_ == file_field_) {
    hasher_.Update(data);
    file_bytes_ += data.size();
  } else if (fields_[name_].size() + data.size() <= kMaxField) {
    fields_[name_] += AsText(data);
  }
  return {};
}

}  // namespace vcache::sandbox
