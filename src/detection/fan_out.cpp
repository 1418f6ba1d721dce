#include "detection/fan_out.h"

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <thread>

namespace vcache::detection {
namespace {

/// No vendor answers faster.
constexpr std::chrono::seconds kLeastTime{1};

Error Unexpected(const Detector& member) {
  // The exception may have come before or after the vendor's work: the charge is unknown.
  return Error{ErrorCode::kInternal,
               std::string(member.provider()) + ": The call ended in an unexpected way.",
               Charge::kUnknown};
}

}  // namespace

Result<Detection> Ask(Detector& member, const DetectionTask& task, Deadline deadline) noexcept {
  try {
    Result<Detection> answer = member.Detect(task, deadline);
    // Do not rely on the adapter for promise 3: without a valid score there is no verdict.
    if (answer && (!answer->source.score || !IsScore(*answer->source.score))) {
      return Error{ErrorCode::kVendorInvalidAnswer,
                   std::string(member.provider()) + ": The answer has no score.", Charge::kUnknown};
    }
    return answer;
  } catch (...) {  // the outermost function of its thread
    return Unexpected(member);
  }
}

std::vector<Asked> AskAll(const Members& members, const DetectionTask& task, Deadline deadline) {
  std::vector<Asked> asked;
  asked.reserve(members.size());
  for (const auto& member : members) asked.push_back({member.get(), Error{}});
  std::vector<std::thread> threads;
  threads.reserve(members.size());
  for (std::size_t at = 1; at < members.size(); ++at) {
    const auto ask = [&call = asked[at], &task, deadline] {
      call.answer = Ask(*call.member, task, deadline);
    };
    try {
      threads.emplace_back(ask);
    } catch (const std::exception&) {
      ask();  // without a thread: later is better than never
    }
  }
  asked[0].answer = Ask(*members[0], task, deadline);
  for (std::thread& thread : threads) thread.join();
  return asked;
}

std::vector<Asked> AskInOrder(const Members& members, const DetectionTask& task, Deadline deadline,
                              Clock& clock, const InterruptibleTimer* pauses) {
  std::vector<Asked> asked;
  asked.reserve(members.size());
  for (const auto& member : members) {
    const bool is_late = deadline.Remaining(clock) < kLeastTime;
    const bool is_stopping = pauses != nullptr && pauses->ending();
    if (!asked.empty() && (is_late || is_stopping)) break;
    asked.push_back({member.get(), Ask(*member, task, deadline)});
    if (asked.back().answer) break;
  }
  return asked;
}

}  // namespace vcache::detection
