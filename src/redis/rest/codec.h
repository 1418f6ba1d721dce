#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redis/link_health.h"
#include "vcache/net/http_client.h"
#include "vcache/redis/resp_reply.h"

// The JSON of Upstash's REST API: https://upstash.com/docs/redis/features/restapi
namespace vcache::redis {

/// A command as a JSON array of strings. Empty when a word is not UTF-8.
std::optional<std::string> EncodeRestCommand(std::span<const std::string> words);

/// The outcome of a request: a reply for each command, or trouble.
struct RestAnswer {
  std::vector<RespReply> replies;
  std::optional<LinkTrouble> trouble{};
};

/// Reads the answer to a request with `Upstash-Encoding: base64`. Strings are base64, except `OK`,
/// which reads as a status. `limits` holds one for each command. One command is answered by an
/// object, a `/pipeline` by an array of objects. An error for the whole request becomes an error
/// reply to each command. An answer of another form or over the limits is trouble (rules J1, R4).
RestAnswer ReadRestAnswer(const net::HttpResponse& response, std::span<const ReplyLimits> limits,
                          bool pipeline);

/// The longest body of a valid answer.
std::size_t MostAnswerBytes(std::span<const ReplyLimits> limits);

/// The command that probes the server; it is not billed.
inline constexpr std::string_view kRestPing = R"(["PING"])";
inline constexpr std::size_t kMostPongBytes = 4096;

/// What is wrong with the answer to `kRestPing`, if anything.
std::optional<LinkTrouble> TroubleWithPong(const net::HttpResponse& response);

}  // namespace vcache::redis
