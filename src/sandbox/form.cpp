#include "sandbox/form.h"

#include <array>
#include <memory>
#include <utility>

#include "vcache/content/content_hasher.h"
#include "vcache/http/multipart.h"

namespace vcache::sandbox {
namespace {

constexpr std::size_t kMaxFieldBytes = 4 * 1024 * 1024;

class FormSink final : public http::MultipartSink {
 public:
  explicit FormSink(std::string_view file_field) : file_field_(file_field) {}

  Result<void> OnPart(const http::PartHead& head) override {
    name_ = head.name;
    return {};
  }
  Result<void> OnData(ByteView data) override {
    if (name_ == file_field_) {
      hasher_.Update(data);
      file_bytes_ += data.size();
      return {};
    }
    std::string& field = form_.fields[name_];
    if (field.size() + data.size() > kMaxFieldBytes) {
      return Error{ErrorCode::kTooLarge, "The field is too large."};
    }
    field += AsText(data);
    return {};
  }
  Result<void> OnPartEnd() override { return {}; }

  Form Finish() {
    if (file_bytes_ > 0) form_.file = hasher_.Finish();
    return std::move(form_);
  }

 private:
  const std::string_view file_field_;
  std::string name_;
  Form form_;
  content::ContentHasher hasher_;
  std::uint64_t file_bytes_ = 0;
};

}  // namespace

std::string_view Form::Field(std::string_view name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<Form> ReadForm(http::Request& request, std::string_view file_field) {
  const auto header = request.info.headers.Get("Content-Type");
  const auto type = header ? http::ParseMediaTypeHeader(*header) : std::nullopt;
  if (!type || type->type != "multipart/form-data" || !type->boundary) return std::nullopt;
  FormSink sink(file_field);
  http::MultipartReader reader(*type->boundary, sink);
  const auto buffer = std::make_unique<std::array<std::byte, 128 * 1024>>();
  for (;;) {
    const Result<std::size_t> count = request.body->Read(*buffer);
    if (!count) return std::nullopt;
    if (*count == 0) break;
    if (!reader.Feed(ByteView(buffer->data(), *count))) return std::nullopt;
  }
  if (!reader.Finish()) return std::nullopt;
  return sink.Finish();
}

}  // namespace vcache::sandbox
