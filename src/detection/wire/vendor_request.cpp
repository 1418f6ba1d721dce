#include "detection/wire/vendor_request.h"

namespace vcache::detection {

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
  return {[file = task.file] { return file->NewReader(); }, task.file->size()};
}

std::pair<std::string, std::string> Bearer(const Secret& key) {
  return {"Authorization", "Bearer " + key.Reveal()};
}

}  // namespace vcache::detection
