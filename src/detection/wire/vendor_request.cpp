#include "detection/wire/vendor_request.h"

#include <memory>

#include "vcache/detection/call_progress.h"

namespace vcache::detection {
namespace {

/// A reader that tells how much of the file has been read, which is what has been sent.
class ToldReader final : public ByteSource {
 public:
  ToldReader(std::unique_ptr<ByteSource> inner, std::uint64_t size, CallProgress& progress)
      : inner_(std::move(inner)), size_(size), progress_(progress) {}

  Result<std::size_t> Read(std::span<std::byte> into) override {
    Result<std::size_t> count = inner_->Read(into);
    if (count) progress_.OnSent(read_ += *count, size_);
    return count;
  }

 private:
  const std::unique_ptr<ByteSource> inner_;
  const std::uint64_t size_;
  CallProgress& progress_;
  std::uint64_t read_ = 0;
};

}  // namespace

net::HttpRequest GetRequest(std::string url, HttpHeaders headers) {
  net::HttpRequest request;
  request.method = "GET";
  request.url = std::move(url);
  request.headers = std::move(headers);
  request.headers.emplace_back("Accept", "application/json");
  return request;
}

net::HttpRequest JsonRequest(std::string url, HttpHeaders headers, const Json& body) {
  headers.emplace_back("Content-Type", "application/json");
  net::HttpRequest request = GetRequest(std::move(url), std::move(headers));
  request.method = "POST";
  request.body = DumpJson(body);
  return request;
}

net::HttpRequest FormRequest(std::string url, HttpHeaders headers,
                             std::vector<net::FormField> fields) {
  net::HttpRequest request = GetRequest(std::move(url), std::move(headers));
  request.method = "POST";
  request.body = std::move(fields);
  return request;
}

net::FormField TextField(std::string name, std::string value) {
  net::FormField field;
  field.name = std::move(name);
  field.value = std::move(value);
  return field;
}

net::FormField FileField(std::string name, const DetectionTask& task) {
  net::FormField field;
  field.name = std::move(name);
  field.file_name = "upload";
  field.content_type = content::MediaTypeName(*task.media_type);
  field.file_size = task.file->size();
  field.open_file = FileBody(task).open;
  return field;
}

net::StreamedBody FileBody(const DetectionTask& task) {
  return {[file = task.file, progress = task.progress]() -> std::unique_ptr<ByteSource> {
            auto reader = file->NewReader();
            if (progress == nullptr) return reader;
            return std::make_unique<ToldReader>(std::move(reader), file->size(), *progress);
          },
          task.file->size()};
}

std::pair<std::string, std::string> Bearer(const Secret& key) {
  return {"Authorization", "Bearer " + key.Reveal()};
}

}  // namespace vcache::detection
