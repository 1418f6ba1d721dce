#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/server/input_buffer.h"
#include "vcache/core/clock.h"
#include "vcache/core/error.h"
#include "vcache/core/unique_fd.h"

namespace vcache::http {

enum class ReadStatus { kData, kNothingYet, kEnd, kFailed };

class Exchange;

enum class HeadStatus { kIncomplete, kComplete, kTooLarge };

/// One client's connection. The event loop owns it while it waits, a worker during a request; only
/// the owner touches it. Only the loop's table destroys it.
struct Connection {
  enum class State {
    kIdle,       ///< Parked; no byte of the next request has arrived.
    kHead,       ///< Parked; part of a head has arrived.
    kBusy,       ///< A worker has it, or it is queued.
    kBody,       ///< Parked; part of a body has arrived.
    kAnswer,     ///< Parked; its route has not answered yet.
    kOutput,     ///< Parked; the client has not read the whole answer.
    kStream,     ///< Parked; the answer's stream has nothing to send yet.
    kLingering,  ///< Answered and shut for writing; input is dropped (rule H6).
  };

  explicit Connection(UniqueFd fd) : socket(std::move(fd)) {}

  UniqueFd socket;
  std::string peer;       ///< Address for logs and the handlers' limits.
  std::string group;      ///< Key of the limit per address.
  std::string own_lane;   ///< The group; of a proxy's connection one of its own, until a head says
                          ///< whose request it brings.
  std::string lane;       ///< Whose turn it waits for: `own_lane`, or that of a proxy's client.
  bool is_proxy = false;  ///< Of a trusted proxy: many clients share it.
  bool counted = true;    ///< Counts in the limits; a rejected one does not.
  bool watched = false;   ///< Registered with epoll.
  bool armed = false;     ///< Epoll may report it; never while a worker has it.
  State state = State::kIdle;
  bool has_served = false;  ///< A request before was answered.

  InputBuffer input;
  std::size_t head_end = 0;  ///< Length of the complete head in `input`; 0 without one.
  std::size_t searched = 0;  ///< Length of `input` already searched for the head's end.
  /// The loop sets it; a worker answers it instead of the head, which is late or too large.
  std::optional<Error> refusal;

  std::shared_ptr<Exchange> exchange;  ///< The request under way.
  SteadyTime woken_at{};               ///< When the loop last took it from where it was parked.
  bool is_late = false;                ///< It was taken because its time was over.

  std::uint64_t linger_bytes = 0;  ///< Bytes that may still be dropped.
  SteadyTime lingers_since{};
  std::optional<SteadyTime> due;  ///< Its key in the loop's timers.

  HeadStatus FindHead(std::size_t max_bytes);
  /// Removes the head (or the rejected input) before the next `FindHead`.
  void ForgetHead();
  /// One `recv` into `input`, at most 16 KiB.
  ReadStatus ReadMore();
};

}  // namespace vcache::http
