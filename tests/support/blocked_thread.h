#pragma once

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace vcache::test {

/// A thread of which a test can tell that it has run into a lock: it sleeps, as the system says.
class BlockedThread {
 public:
  ~BlockedThread() { Join(); }

  void Start(std::function<void()> work) {
    thread_ = std::thread([this, work = std::move(work)] {
      id_ = ::gettid();
      work();
      has_ended_ = true;
    });
  }
  bool is_running() const { return thread_.joinable(); }
  bool has_ended() const { return has_ended_; }
  void AwaitBlockedOrEnd() const {
    while (!has_ended_ && !IsAsleep()) std::this_thread::yield();
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  /// The state follows the name in parentheses.
  bool IsAsleep() const {
    if (id_ == 0) return false;
    std::ifstream file("/proc/self/task/" + std::to_string(id_) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto name_end = line.rfind(')');
    return name_end != std::string::npos && line.substr(name_end + 1, 2) == " S";
  }

  std::thread thread_;
  std::atomic<pid_t> id_{0};
  std::atomic<bool> has_ended_{false};
};

}  // namespace vcache::test
