#include "app/logging/log_output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <csignal>
#include <string>
#include <thread>
#include <utility>

using namespace vcache;

namespace {

/// A pipe, its writing end blocking as standard output is.
class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    CloseReader();
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writer() const { return ends_[1]; }
  void CloseReader() {
    if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
  }
  std::string Read(std::size_t size) const {
    std::string all;
    std::array<char, 4096> buffer{};
    while (all.size() < size) {
      const ssize_t count = ::read(ends_[0], buffer.data(), buffer.size());
      if (count <= 0) break;
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
  }
  void Fill() const {
    const int flags = ::fcntl(writer(), F_GETFL);
    ::fcntl(writer(), F_SETFL, flags | O_NONBLOCK);
    for (const std::size_t size : {std::size_t{PIPE_BUF}, std::size_t{1}}) {
      const std::string filling(size, '.');
      while (::write(writer(), filling.data(), filling.size()) > 0) {
      }
    }
    ::fcntl(writer(), F_SETFL, flags);
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

}  // namespace

TEST_CASE("LogOutput: writes whole lines, also those longer than a pipe holds") {
  const Pipe pipe;
  app::LogOutput output(pipe.writer());
  const std::string line = std::string(300'000, 'x') + "\n";
  std::thread writer([&] { CHECK(output.Write(line)); });
  CHECK(pipe.Read(line.size()) == line);
  writer.join();
}

TEST_CASE("LogOutput: gives a pipe up that nobody reads, and takes no line after that") {
  const Pipe pipe;
  pipe.Fill();
  app::LogOutput output(pipe.writer());
  output.GiveUpAfter(std::chrono::milliseconds(0));
  CHECK_FALSE(output.Write("a line\n"));  // would run into the test's time limit if it blocked
  CHECK_FALSE(output.Write("another\n"));
}

TEST_CASE("LogOutput: a writer that waits already is told to give up") {
  const Pipe pipe;
  pipe.Fill();
  app::LogOutput output(pipe.writer());
  std::thread writer([&] { CHECK_FALSE(output.Write("a line\n")); });
  output.GiveUpAfter(std::chrono::milliseconds(1));
  writer.join();  // would run into the test's time limit if it went on
}

TEST_CASE("LogOutput: after the time to give up, what is taken at once is still written") {
  const Pipe pipe;
  app::LogOutput output(pipe.writer());
  output.GiveUpAfter(std::chrono::milliseconds(0));
  CHECK(output.Write("a line\n"));
  CHECK(pipe.Read(7) == "a line\n");
}

TEST_CASE("LogOutput: a reader that is gone and a closed descriptor are failures, not ends") {
  Pipe pipe;
  ::signal(SIGPIPE, SIG_IGN);
  pipe.CloseReader();
  CHECK_FALSE(app::LogOutput(pipe.writer()).Write("a line\n"));
  CHECK_FALSE(app::LogOutput(-1).Write("a line\n"));
}
