// Forms in pieces of every size: rule H17. The first byte of the input chooses the boundary.

#include <string>

#include "fuzz/fuzz_target.h"
#include "support/multipart_recorder.h"

using namespace vcache;
using vcache::fuzz::Require;

namespace {

constexpr const char* kBoundaries[] = {"b", "--", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "a b"};
constexpr auto kWhole = std::string_view::npos;

/// What was read, written down again with plain heads, is read alike: no content was lost, moved
/// to another part or taken for a boundary.
void CheckRoundTrip(const MultipartRecorder& read, const std::string& boundary) {
  std::string body;
  for (const auto& part : read.parts) {
    Require(part.ended, "each part of a whole form has ended");
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=f\r\n\r\n" + part.content +
            "\r\n";
  }
  const MultipartRecorder again = ReadMultipart(body + "--" + boundary + "--", boundary);
  Require(again.error.empty() && again.parts.size() == read.parts.size(), "the same parts");
  for (std::size_t i = 0; i < read.parts.size(); ++i) {
    Require(again.parts[i].content == read.parts[i].content, "the same content");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string boundary = kBoundaries[data[0] % std::size(kBoundaries)];
  const std::string_view body = vcache::fuzz::Text(data + 1, size - 1);

  const MultipartRecorder whole = ReadMultipart(body, boundary);
  Require(!whole.empty_data, "no empty content is handed out");
  const std::string text = whole.Text();
  for (const std::size_t piece : {1U, 2U, 5U, 41U}) {
    Require(ReadMultipart(body, boundary, data[0], piece).Text() == text, "pieces do not matter");
  }
  std::size_t content = 0;
  for (const auto& part : whole.parts) {
    content += part.content.size();
    const std::string name = part.head.file_name.value_or("");
    Require(name.find_first_of(std::string_view("/\\\r\n\0", 5)) == std::string::npos,
            "file names hold no path and no line break");
  }
  Require(content <= body.size(), "content comes from the body");
  if (whole.error.empty()) CheckRoundTrip(whole, boundary);
  return 0;
}
