#include "vcache/net/resp_client.h"

#include <openssl/evp.h>

#include <array>
#include <utility>

namespace vcache::net {
namespace {

/// What Redis names scripts by. Not for security: a collision could only be made by ourselves.
std::string Sha1Hex(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "SHA1", nullptr, text.data(), text.size(), bytes.data(), &size) != 1) {
    return {};
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < size; ++i) {
    hex += kDigits[bytes[i] >> 4U];
    hex += kDigits[bytes[i] & 0xFU];
  }
  return hex;
}

RespCommand ScriptCommand(std::string name, const std::string& script,
                          std::span<const std::string> keys,
                          std::span<const std::string> arguments) {
  RespCommand command;
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

RespScript::RespScript(std::string source)
    : source_(std::move(source)), digest_(Sha1Hex(source_)) {}

Result<RespReply> RespScript::Run(RespClient& client, std::span<const std::string> keys,
                                  std::span<const std::string> arguments, Deadline deadline) const {
  auto reply = client.Run(ScriptCommand("EVALSHA", digest_, keys, arguments), deadline);
  if (!reply || reply->error_kind() != RespErrorKind::kNoScript) return reply;
  return client.Run(ScriptCommand("EVAL", source_, keys, arguments), deadline);
}

}  // namespace vcache::net
