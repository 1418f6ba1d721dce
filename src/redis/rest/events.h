#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace vcache::redis {

/// Reads the answer of `/subscribe`: server-sent events
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html). Their data is
/// `subscribe,<channel>,<number>` or `message,<channel>,<payload>`, one line each. Ignores
/// comments, ids and other channels. One thread.
class RestEventReader {
 public:
  struct Events {
    std::function<void()> on_subscribed;
    std::function<void(std::string_view payload)> on_message;
  };

  RestEventReader(std::string channel, std::size_t max_message_bytes, Events events);

  /// Takes the next bytes, cut at any place. False when a line is too long.
  bool Take(std::string_view bytes);

 private:
  void TakeLine(std::string_view line);

  const std::string subscribed_;  // prefixes of the data
  const std::string message_;
  const std::size_t max_line_;
  const Events events_;
  std::string line_;  // an unfinished line
};

}  // namespace vcache::redis
