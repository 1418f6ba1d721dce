#include "net/request_body.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "vcache/core/bytes.h"

namespace vcache::net {
namespace {

Error NotReadable() {
  return Error{ErrorCode::kIo, "The content could not be read back to be sent."};
}

Error NoMemory() {
  return Error{ErrorCode::kIo, "There was not enough memory to send the request."};
}

}  // namespace

Result<void> RequestBody::Attach() {
  if (const auto* text = std::get_if<std::string>(&request_.body)) return AttachText(*text);
  if (const auto* form = std::get_if<std::vector<FormField>>(&request_.body)) {
    return AttachForm(*form);
  }
  if (const auto* file = std::get_if<StreamedBody>(&request_.body)) return AttachFile(*file);
  return {};
}

Result<void> RequestBody::AttachText(const std::string& text) {
  parts_.push_back(std::make_unique<Part>(Part{this, text, nullptr, text.size()}));
  AttachRaw(*parts_.back());
  return {};
}

Result<void> RequestBody::AttachFile(const StreamedBody& file) {
  parts_.push_back(std::make_unique<Part>(Part{this, {}, file.open(), file.size}));
  if (!parts_.back()->file) return NotReadable();
  AttachRaw(*parts_.back());
  return {};
}

/// Always as a POST; CURLOPT_CUSTOMREQUEST may rename it.
void RequestBody::AttachRaw(Part& part) {
  curl_easy_setopt(easy_, CURLOPT_POST, 1L);
  // A read callback without a seek callback: libcurl could send POSTFIELDS again.
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &RequestBody::OnRead);
  curl_easy_setopt(easy_, CURLOPT_READDATA, &part);
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(part.left));
}

Result<void> RequestBody::AttachForm(const std::vector<FormField>& fields) {
  form_.reset(curl_mime_init(easy_));
  if (!form_) return NoMemory();
  for (const FormField& field : fields) {
    parts_.push_back(std::make_unique<Part>(Part{this, field.value, nullptr, field.value.size()}));
    Part& source = *parts_.back();
    if (field.open_file) {
      source.file = field.open_file();
      source.left = field.file_size;
      if (!source.file) return NotReadable();
    }
    curl_mimepart* part = curl_mime_addpart(form_.get());
    if (part == nullptr) return NoMemory();
    bool good = curl_mime_name(part, field.name.c_str()) == CURLE_OK;
    if (!field.file_name.empty()) {
      good = good && curl_mime_filename(part, field.file_name.c_str()) == CURLE_OK;
    }
    if (!field.content_type.empty()) {
      good = good && curl_mime_type(part, field.content_type.c_str()) == CURLE_OK;
    }
    good = good && curl_mime_data_cb(part, static_cast<curl_off_t>(source.left),
                                     &RequestBody::OnRead, nullptr, nullptr, &source) == CURLE_OK;
    if (!good) return NoMemory();
  }
  if (curl_easy_setopt(easy_, CURLOPT_MIMEPOST, form_.get()) != CURLE_OK) return NoMemory();
  return {};
}

std::size_t RequestBody::Read(Part& part, char* into, std::size_t size) noexcept {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, part.left));
  if (wanted == 0) return 0;
  std::size_t count = wanted;
  if (part.file) {
    const auto read = part.file->Read(std::as_writable_bytes(std::span(into, wanted)));
    if (!read || *read == 0) {
      // An early end: abort, so that the vendor never takes a part for the whole.
      failure_ = read ? NotReadable() : read.error();
      return CURL_READFUNC_ABORT;
    }
    count = *read;
  } else {
    std::memcpy(into, part.text.data() + (part.text.size() - part.left), wanted);
  }
  part.left -= count;
  taken_ += count;
  return count;
}

std::size_t RequestBody::OnRead(char* into, std::size_t size, std::size_t count,
                                void* part) noexcept {
  auto& source = *static_cast<Part*>(part);
  return source.body->Read(source, into, size * count);
}

}  // namespace vcache::net
