// Preloaded into a process: its wall clock differs from the system's by as many microseconds as the
// file says that VCACHE_WALL_CLOCK names. The other clocks stay as they are, as when an operator or
// a time server steps the clock.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using Step = const std::atomic<std::int64_t>;

Step* MapStep() {
  const char* name = std::getenv("VCACHE_WALL_CLOCK");
  const int file = name != nullptr ? ::open(name, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return nullptr;
  void* mapped = ::mmap(nullptr, sizeof(Step), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  return mapped != MAP_FAILED ? static_cast<Step*>(mapped) : nullptr;
}

constexpr std::int64_t kMillion = 1'000'000;

std::int64_t WallMicros() {
  using GetTime = int (*)(clockid_t, timespec*);
  static const auto system_time = reinterpret_cast<GetTime>(::dlsym(RTLD_NEXT, "clock_gettime"));
  static Step* const step = MapStep();
  timespec now{};
  system_time(CLOCK_REALTIME, &now);
  return now.tv_sec * kMillion + now.tv_nsec / 1'000 + (step != nullptr ? step->load() : 0);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  using GetTime = int (*)(clockid_t, timespec*);
  static const auto system_time = reinterpret_cast<GetTime>(::dlsym(RTLD_NEXT, "clock_gettime"));
  if (clock != CLOCK_REALTIME) return system_time(clock, now);
  const std::int64_t micros = WallMicros();
  now->tv_sec = micros / kMillion;
  now->tv_nsec = micros % kMillion * 1'000;
  return 0;
}

int gettimeofday(timeval* now, void*) noexcept {
  const std::int64_t micros = WallMicros();
  now->tv_sec = micros / kMillion;
  now->tv_usec = micros % kMillion;
  return 0;
}

time_t time(time_t* now) noexcept {
  const time_t seconds = WallMicros() / kMillion;
  if (now != nullptr) *now = seconds;
  return seconds;
}
}
