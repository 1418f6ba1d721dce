#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace vcache::redis {

/// Reads the answer of `/subscribe`: server-sent events
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html) whose data is
/// `subscribe,<channel>,<number>` or `message,<channel>,<payload>`, one line each. What else a
/// stream may hold (comments, ids, other channels) is passed over. One thread.
class RestEventReader {
 public:
  struct Events {
    std::function<void()> on_subscribed;
    std::function<void(std::string_view payload)> on_message;
  };

  RestEventReader(std::string channel, std::size_t max_message_bytes, Events events);

  /// Takes the next bytes, cut anywhere. False when a line is longer than any of ours.
  bool Take(std::string_view bytes);

 private:
  void TakeLine(std::string_view line);

  const std::string subscribed_;  // what the data begins with
  const std::string message_;
  const std::size_t max_line_;
  const Events events_;
  std::string line_;  // the beginning of one
};

/// `channel` as a part of a path: everything but letters, digits and `-._~` percent-encoded.
std::string PathPart(std::string_view channel);

}  // namespace vcache::redis
