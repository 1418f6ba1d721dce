#pragma once

#include <optional>
#include <string>

#include "http/parsing/input_buffer.h"
#include "vcache/core/clock.h"
#include "vcache/core/error.h"
#include "vcache/core/unique_fd.h"

namespace vcache::http {

/// What a non-blocking read brought.
enum class ReadStatus { kData, kNothingYet, kEnd, kFailed };

enum class HeadStatus { kIncomplete, kComplete, kTooLarge };

/// One client. It belongs to the event loop while it waits and to a worker while a request is in
/// progress; the one who has it alone touches it. Only the loop's table destroys it.
struct Connection {
  enum class State {
    kIdle,       ///< Parked; nothing of a next request has arrived.
    kHead,       ///< Parked; part of a head has arrived.
    kBusy,       ///< A worker's, or queued for one.
    kLingering,  ///< Answered, writing side shut; what still comes is dropped (rule H6).
  };

  explicit Connection(UniqueFd fd) : socket(std::move(fd)) {}

  UniqueFd socket;
  std::string peer;      ///< Address for logs and limits of handlers.
  std::string group;     ///< What the limit per address counts by.
  bool counted = true;   ///< Within the limits; a refused one is not.
  bool watched = false;  ///< Known to epoll.
  bool armed = false;    ///< Epoll may report it; never while a worker has it.
  State state = State::kIdle;

  InputBuffer input;
  std::size_t head_end = 0;  ///< Of the complete head at the front of `input`; 0 without one.
  std::size_t searched = 0;  ///< How much of `input` was searched for the end of the head.
  /// Set by the loop: what a worker answers in place of the head, which is late or too large.
  std::optional<Error> refusal;

  std::uint64_t linger_bytes = 0;  ///< How much may still be dropped.
  std::optional<SteadyTime> due;   ///< Where the loop's timers have it.

  /// Looks for the end of a head in what has arrived.
  HeadStatus FindHead(std::size_t max_bytes);
  /// Removes the head (or the hopeless input) from the front, before the next `FindHead`.
  void ForgetHead();
  /// One `recv` into `input`, at most 16 KiB.
  ReadStatus ReadMore();
};

}  // namespace vcache::http
