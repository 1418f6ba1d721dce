#include "api/text_reader.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "api/strict_input.h"
#include "json/json.h"
#include "vcache/core/ascii.h"
#include "vcache/core/bytes.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::api {
namespace {

/// A character takes at most twelve bytes (`\ud83d\ude00` in JSON); outer white space is extra.
std::size_t MostBytes(const TextLimits& limits) {
  return limits.max_chars * 12 + 64 * 1024;
}

bool IsUtf8Charset(const std::optional<std::string>& charset) {
  if (!charset) return true;
  const std::string lower = ToLower(*charset);
  return lower == "utf-8" || lower == "utf8" || lower == "us-ascii";
}

Result<std::string> TextFromJson(const std::string& body) {
  JsonLimits limits;
  limits.max_depth = 8;
  limits.max_values = 64;
  limits.refuse_duplicate_keys = true;
  const Result<Json> parsed = ParseJson(body, limits);
  // Invalid UTF-8 in a string makes the JSON malformed too; report the more precise error.
  if (!parsed) {
    if (const auto checked = content::MakeCanonicalText(body); !checked) return checked.error();
    return parsed.error();
  }
  if (parsed->is_object()) {
    if (auto refusal = RefuseUnknownMembers(*parsed, {"text"})) return *std::move(refusal);
  }
  std::optional<std::string> text = AsString(Find(*parsed, "text"));
  if (!text) {
    return Error{ErrorCode::kBadRequest, "The JSON needs a member \"text\" that is a string."};
  }
  return std::move(*text);
}

}  // namespace

Result<std::string> ReadBody(http::Request& request, std::size_t max_bytes) {
  const Error too_large{ErrorCode::kTooLarge, "The body is larger than the limit of " +
                                                  std::to_string(max_bytes) + " bytes."};
  if (request.content_length && *request.content_length > max_bytes) return too_large;
  std::string body;
  std::array<std::byte, 16 * 1024> buffer;
  for (;;) {
    const Result<std::size_t> count = request.body->Read(buffer);
    if (!count) return count.error();
    if (*count == 0) return body;
    if (*count > max_bytes - body.size()) return too_large;
    body += AsText(ByteView(buffer.data(), *count));
  }
}

Result<content::CanonicalText> ReadText(http::Request& request, const TextLimits& limits) {
  if (auto refusal = RefuseQuery(request.info)) return *std::move(refusal);
  const auto header = request.info.headers.Get("Content-Type");
  const auto type = header ? http::ParseMediaTypeHeader(*header) : std::nullopt;
  const std::string name = type ? type->type : "";
  if (!request.has_body) {
    return Error{ErrorCode::kLengthRequired, "The request has no body; send the text in it."};
  }
  const bool known = name == "application/json" || name == "text/plain" ||
                     name == "application/x-www-form-urlencoded";
  if (!known || !IsUtf8Charset(type->charset)) {
    return Error{ErrorCode::kUnsupportedMediaType,
                 "The Content-Type must be application/json, application/x-www-form-urlencoded or "
                 "text/plain, in UTF-8."};
  }

  Result<std::string> raw = ReadBody(request, MostBytes(limits));
  if (raw && name == "application/json") raw = TextFromJson(*raw);
  if (raw && name == "application/x-www-form-urlencoded") raw = OnlyFormField(*raw, "text");
  if (!raw) return std::move(raw).error();

  Result<content::CanonicalText> text = content::MakeCanonicalText(*raw);
  if (!text) return text;
  const std::string length = "The text has " + std::to_string(text->characters) + " characters; ";
  if (text->characters < limits.min_chars) {
    return Error{ErrorCode::kTextTooShort,
                 length + "send at least " + std::to_string(limits.min_chars) + "."};
  }
  if (text->characters > limits.max_chars) {
    return Error{ErrorCode::kTextTooLong,
                 length + "send at most " + std::to_string(limits.max_chars) + "."};
  }
  return text;
}

}  // namespace vcache::api
