#include "redis/rest/codec.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>

#include "json/json.h"
#include "vcache/core/base64.h"
#include "vcache/core/utf8.h"

namespace vcache::redis {
namespace {

/// RESP2 replies have seven levels; the pipeline's array and the object add more.
constexpr int kMaxDepth = 10;
/// For a rate limit without a stated duration.
constexpr std::chrono::seconds kRatePause{5};
constexpr std::size_t kMostBodyBytes = 96 * 1024 * 1024;

RestAnswer InTrouble(RespState state, std::string reason) {
  return {{}, LinkTrouble{state, std::move(reason)}};
}

RestAnswer NotUpstash() {
  return InTrouble(RespState::kConnecting, "it does not answer like Upstash's REST API");
}

/// Makes a reply from a `result`; false when it is malformed or exceeds the limits.
class ReplyReader {
 public:
  explicit ReplyReader(const ReplyLimits& limits) : limits_(limits) {}

  bool Read(const Json& value, RespReply& reply) {
    if (value.is_null()) return true;
    if (value.is_string()) return ReadString(value.get_ref<const std::string&>(), reply);
    if (value.is_array()) return ReadArray(value, reply);
    const auto number = AsInteger(&value);
    reply.type = RespReply::Type::kInteger;
    reply.integer = number.value_or(0);
    return number.has_value();
  }

 private:
  bool ReadString(const std::string& text, RespReply& reply) {
    if (text == "OK") {
      reply.type = RespReply::Type::kStatus;
      reply.text = text;
      return true;
    }
    auto decoded = DecodeBase64(text);
    if (!decoded || decoded->size() > limits_.max_bytes - used_) return false;
    used_ += decoded->size();
    reply.type = RespReply::Type::kString;
    reply.text = *std::move(decoded);
    return true;
  }

  bool ReadArray(const Json& values, RespReply& reply) {
    if (values.size() > limits_.max_elements) return false;
    reply.type = RespReply::Type::kArray;
    reply.elements.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!Read(values.at(i), reply.elements[i])) return false;
    }
    return true;
  }

  const ReplyLimits& limits_;
  std::size_t used_ = 0;
};

RespReply RestErrorReply(std::string text) {
  RespReply reply;
  reply.type = RespReply::Type::kError;
  reply.text = std::move(text);
  return reply;
}

/// Reads `{"result": ...}` or `{"error": "..."}`.
bool ReadOne(const Json& object, const ReplyLimits& limits, RespReply& reply) {
  if (auto error = AsString(Find(object, "error"))) {
    reply = RestErrorReply(*std::move(error));
    return true;
  }
  const Json* result = Find(object, "result");
  return result != nullptr && ReplyReader(limits).Read(*result, reply);
}

/// The trouble for a status, when the body gives none.
RestAnswer ByStatus(int status, std::optional<std::chrono::seconds> retry_after) {
  const std::string said = "it answers with status " + std::to_string(status);
  if (status == 401 || status == 403) {
    return InTrouble(RespState::kRefused, "it refuses the token");
  }
  if (status == 429) {
    RestAnswer answer = InTrouble(RespState::kPaused, said + " (too many requests)");
    answer.trouble->pause = retry_after.value_or(kRatePause);
    return answer;
  }
  if (status >= 500) return InTrouble(RespState::kConnecting, said);
  return InTrouble(RespState::kRefused, said + "; is the URL that of a REST API?");
}

}  // namespace

std::optional<std::string> EncodeRestCommand(std::span<const std::string> words) {
  if (!std::all_of(words.begin(), words.end(), IsUtf8)) return std::nullopt;
  return DumpJson(Json(std::vector<std::string>(words.begin(), words.end())));
}

std::size_t MostAnswerBytes(std::span<const ReplyLimits> limits) {
  std::size_t bytes = 4096;  // room for an error's text
  for (const ReplyLimits& one : limits) {
    // Base64 takes four characters for three bytes; each string adds quotes, comma and padding.
    bytes += std::min(one.max_bytes, kMostBodyBytes) / 3 * 4 + one.max_elements * 8 + 256;
  }
  return std::min(bytes, kMostBodyBytes);
}

std::optional<LinkTrouble> TroubleWithPong(const net::HttpResponse& response) {
  static constexpr ReplyLimits kLimits{.max_bytes = 1024, .max_elements = 0};
  const RestAnswer answer = ReadRestAnswer(response, {&kLimits, 1}, false);
  if (answer.trouble) return answer.trouble;
  const RespReply& reply = answer.replies.front();
  if (auto behind = TroubleBehind(reply)) return behind;
  // A user without the right to PING is accepted. PONG also shows that the encoding header works.
  if (reply.text == "PONG" || reply.error_kind() == RespErrorKind::kNoPermission) return {};
  if (!reply.is_error()) return NotUpstash().trouble;
  return LinkTrouble{RespState::kConnecting, Answering(reply)};
}

RestAnswer ReadRestAnswer(const net::HttpResponse& response, std::span<const ReplyLimits> limits,
                          bool pipeline) {
  const std::size_t values = std::accumulate(
      limits.begin(), limits.end(), std::size_t{16},
      [](std::size_t sum, const ReplyLimits& one) { return sum + 2 * one.max_elements + 16; });
  const auto parsed = ParseJson(
      response.body,
      {.max_bytes = MostAnswerBytes(limits), .max_depth = kMaxDepth, .max_values = values});
  if (parsed) {
    // The error concerns the whole request, or its only command.
    if (auto error = AsString(Find(*parsed, "error"))) {
      const RespReply reply = RestErrorReply(*std::move(error));
      const bool is_reply = response.status == 200 || response.status == 400 ||
                            reply.error_kind() != RespErrorKind::kOther;
      if (is_reply) return {std::vector<RespReply>(limits.size(), reply), std::nullopt};
    }
  }
  if (response.status != 200) return ByStatus(response.status, response.retry_after);
  RestAnswer answer;
  answer.replies.resize(limits.size());
  if (!parsed) return NotUpstash();
  if (!pipeline) {
    if (!ReadOne(*parsed, limits.front(), answer.replies.front())) return NotUpstash();
    return answer;
  }
  if (!parsed->is_array() || parsed->size() != limits.size()) return NotUpstash();
  for (std::size_t i = 0; i < limits.size(); ++i) {
    if (!ReadOne(parsed->at(i), limits[i], answer.replies[i])) return NotUpstash();
  }
  return answer;
}

}  // namespace vcache::redis
