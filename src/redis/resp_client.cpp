#include "vcache/redis/resp_client.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "vcache/core/hex.h"
#include "vcache/core/utf8.h"

namespace vcache::redis {
namespace {

/// Redis names scripts by SHA-1. Not for security: all scripts are our own.
std::string Sha1Hex(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "SHA1", nullptr, text.data(), text.size(), bytes.data(), &size) != 1) {
    return {};
  }
  return ToHex(std::as_bytes(std::span(bytes).first(size)));
}

/// Replaces the script's ARGV by a table of the decoded arguments.
constexpr std::string_view kDecodeArguments = R"(
local sent, ARGV = ARGV, {}
for i, text in ipairs(sent) do
  ARGV[i] = string.gsub(text, '%%(%x%x)', function(hex)
    return string.char(tonumber(hex, 16))
  end)
end
)";

/// The inverse of `kDecodeArguments`: text without `%` stays readable.
std::string PercentEncoded(std::string_view bytes) {
  std::string text;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t length = Utf8SequenceLength(bytes, at);
    if (length == 0 || bytes[at] == '%') {
      text += PercentEscape(bytes[at++]);
    } else {
      text += bytes.substr(at, length);
      at += length;
    }
  }
  return text;
}

RespCommand ScriptCommand(std::string name, const std::string& script,
                          std::span<const std::string> keys, std::span<const std::string> arguments,
                          ReplyLimits limits) {
  RespCommand command;
  command.limits = limits;
  command.words = {std::move(name), script, std::to_string(keys.size())};
  command.words.insert(command.words.end(), keys.begin(), keys.end());
  command.words.insert(command.words.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace

Result<RespReply> RespClient::Run(const RespCommand& command, Deadline deadline) {
  auto replies = Run(std::span<const RespCommand>(&command, 1), deadline);
  if (!replies) return std::move(replies).error();
  return std::move(replies->front());
}

RespScript::Form::Form(std::string text) : source(std::move(text)), digest(Sha1Hex(source)) {}

RespScript::RespScript(std::string source)
    : plain_(source), decoding_(std::string(kDecodeArguments) + source) {}

Result<RespReply> RespScript::Run(RespClient& client, std::span<const std::string> keys,
                                  std::span<const std::string> arguments, Deadline deadline,
                                  ReplyLimits limits) const {
  if (client.takes_any_bytes() || std::all_of(arguments.begin(), arguments.end(), IsUtf8)) {
    return RunForm(plain_, client, keys, arguments, deadline, limits);
  }
  std::vector<std::string> encoded;
  encoded.reserve(arguments.size());
  for (const std::string& argument : arguments) encoded.push_back(PercentEncoded(argument));
  return RunForm(decoding_, client, keys, encoded, deadline, limits);
}

Result<RespReply> RespScript::RunForm(const Form& form, RespClient& client,
                                      std::span<const std::string> keys,
                                      std::span<const std::string> arguments, Deadline deadline,
                                      ReplyLimits limits) {
  auto reply = client.Run(ScriptCommand("EVALSHA", form.digest, keys, arguments, limits), deadline);
  if (!reply || reply->error_kind() != RespErrorKind::kNoScript) return reply;
  return client.Run(ScriptCommand("EVAL", form.source, keys, arguments, limits), deadline);
}

}  // namespace vcache::redis
