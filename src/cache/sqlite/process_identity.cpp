#include "cache/sqlite/process_identity.h"
#include "vcache/core/ascii.h"
#include "vcache/core/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace vcache::cache {
namespace {

struct ProcFile {
  std::string text{};
  int error = 0;
};

/// The first kilobyte of a /proc file; the files read here are shorter.
ProcFile ReadProc(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {.error = errno};
  std::array<char, 1024> buffer{};
  const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
  if (size < 0) return {.error = errno};
  return {.text = std::string(buffer.data(), static_cast<std::size_t>(size))};
}

std::string BootId() {
  std::string id = ReadProc("/proc/sys/kernel/random/boot_id").text;
  id.erase(std::find(id.begin(), id.end(), '\n'), id.end());
  return id;
}

struct ProcessStat {
  char state = '\0';
  std::string start_time{};  ///< In ticks since the boot.
};

/// /proc/pid/stat, see proc(5): the name (field 2) is in brackets and may hold any character. After
/// it come the state (field 3) and, 19 fields further, the start time (22).
std::optional<ProcessStat> ParseStat(std::string_view text) {
  const std::size_t bracket = text.rfind(')');
  if (bracket == std::string_view::npos || bracket + 2 >= text.size()) return std::nullopt;
  text.remove_prefix(bracket + 2);
  ProcessStat stat{.state = text.front()};
  for (int field = 3; field < 22; ++field) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    text.remove_prefix(blank + 1);
  }
  stat.start_time = text.substr(0, text.find(' '));
  return stat;
}

}  // namespace

std::optional<std::string> ThisProcess() {
  const std::string boot = BootId();
  const auto stat = ParseStat(ReadProc("/proc/self/stat").text);
  if (boot.empty() || !stat) return std::nullopt;
  return boot + ":" + std::to_string(::getpid()) + ":" + stat->start_time;
}

bool IsGone(std::string_view process) {
  const std::size_t first = process.find(':');
  const std::size_t last = process.rfind(':');
  if (first == last) return true;  // not a name of `ThisProcess`
  const std::string boot = BootId();
  if (boot.empty()) return false;
  if (process.substr(0, first) != boot) return true;
  const std::string_view pid = process.substr(first + 1, last - first - 1);
  if (pid.empty() || !std::all_of(pid.begin(), pid.end(), IsDigit)) return true;
  const ProcFile file = ReadProc("/proc/" + std::string(pid) + "/stat");
  if (file.error != 0) return file.error == ENOENT || file.error == ESRCH;
  const auto stat = ParseStat(file.text);
  if (!stat) return false;
  // Z and X: dead, but not yet waited for by the parent.
  return stat->state == 'Z' || stat->state == 'X' || stat->start_time != process.substr(last + 1);
}

}  // namespace vcache::cache
