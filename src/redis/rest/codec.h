#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/net/http_client.h"
#include "vcache/redis/resp_link.h"
#include "vcache/redis/resp_reply.h"

// The JSON of Upstash's REST API, as https://upstash.com/docs/redis/features/restapi documents it.
namespace vcache::redis {

/// A command as a JSON array of strings. Empty when a word is not UTF-8: JSON cannot carry it.
std::optional<std::string> EncodeRestCommand(std::span<const std::string> words);

/// What keeps the server from answering, and how long to leave it alone (as `state` does by
/// default when empty).
struct RestTrouble {
  RespState state = RespState::kConnecting;
  std::string reason;
  std::optional<std::chrono::milliseconds> pause{};
};

/// What came of one request: a reply for each of its commands, or trouble.
struct RestAnswer {
  std::vector<RespReply> replies;
  std::optional<RestTrouble> trouble{};
};

/// Reads the answer to a request with `Upstash-Encoding: base64`: strings come in base64, except
/// for `OK`, which is taken for a status. `limits` has those of each command; a request with one
/// command is answered by an object, one to `/pipeline` by an array of them. What the server says
/// against the whole request is an error reply to each command. Everything that does not look like
/// this, or is over the limits, is trouble (rules J1, R4).
RestAnswer ReadRestAnswer(const net::HttpResponse& response, std::span<const ReplyLimits> limits,
                          bool pipeline);

/// How long the body of a sound answer can be.
std::size_t MostAnswerBytes(std::span<const ReplyLimits> limits);

/// What a reply means for all that come after it: a refused token, a quota that is spent, a server
/// that is loading. Empty for replies that are their caller's business only.
std::optional<RestTrouble> TroubleBehind(const RespReply& reply);

/// The command that asks whether the server is there; it is not billed.
inline constexpr std::string_view kRestPing = R"(["PING"])";
inline constexpr std::size_t kMostPongBytes = 4096;

/// What is wrong with the answer to `kRestPing`; empty when nothing is.
std::optional<RestTrouble> TroubleWithPong(const net::HttpResponse& response);

/// Standard alphabet, padded (RFC 4648 section 4). Empty when the text is anything else.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace vcache::redis
