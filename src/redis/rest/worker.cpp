#include <algorithm>
#include <iterator>
#include <utility>

#include "redis/rest/link.h"
#include "vcache/net/shown_address.h"

// The tasks of an `UpstashRestLink`'s threads.
namespace vcache::redis {
namespace {

std::string WithoutFullStop(std::string sentence) {
  if (sentence.ends_with('.')) sentence.pop_back();
  return sentence;
}

}  // namespace

void UpstashRestLink::Perform(Task task, Worker& worker, const Calls& calls) {
  if (task == Task::kAnnounce) return Announce();
  if (task == Task::kProbe) return Probe(worker);
  if (!calls.empty()) Serve(worker, calls);
}

void UpstashRestLink::Announce() {
  std::optional<RespStatus> news;
  {
    const MutexLock lock(mutex_);
    news = health_.TakeNews();
  }
  if (news) TellRespState(options_, logger_, net::ShownAddress(options_.url), *news);
}

Result<net::HttpResponse> UpstashRestLink::Send(Worker& worker, std::string json,
                                                std::size_t most_bytes, bool pipeline,
                                                Deadline deadline) {
  net::HttpRequest request;
  request.url = options_.url + (pipeline ? "/pipeline" : "/");
  request.headers = {{"Authorization", "Bearer " + options_.token.Reveal()},
                     {"Content-Type", "application/json"},
                     {"Upstash-Encoding", "base64"}};
  request.body = pipeline ? "[" + json + "]" : std::move(json);
  request.connect_timeout = options_.connect_timeout;
  request.timeout = std::max(options_.connect_timeout, options_.command_timeout);
  request.max_response_bytes = most_bytes;
  auto response = worker.http->Send(request, deadline);
  worker.warm = response.has_value();
  worker.last_use = clock_.Now();
  return response;
}

void UpstashRestLink::Probe(Worker& worker) {
  // The first PING may open the connection; only the second measures the server's speed.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const SteadyTime begun = clock_.Now();
    const auto response = Send(worker, std::string(kRestPing), kMostPongBytes, false,
                               Deadline::At(begun + options_.connect_timeout));
    if (!response) {
      const std::string reason = WithoutFullStop(response.error().message);
      const bool late = response.error().code == ErrorCode::kVendorTimeout;
      return Enter({late ? RespState::kSilent : RespState::kConnecting, reason},
                   worker.is_keeper());
    }
    if (const auto trouble = TroubleWithPong(*response)) {
      return Enter(*trouble, worker.is_keeper());
    }
    if (clock_.Now() - begun > options_.command_timeout) continue;
    if (worker.is_keeper()) Arrived();
    return;
  }
  Enter({RespState::kSilent, std::string(kNotInTime)}, worker.is_keeper());
}

void UpstashRestLink::Serve(Worker& worker, const Calls& calls) {
  std::string json;
  std::vector<ReplyLimits> limits;
  bool only_reads = true;
  for (const auto& call : calls) {
    if (!json.empty()) json += ',';
    json += call->json;
    limits.insert(limits.end(), call->limits.begin(), call->limits.end());
    only_reads = only_reads && call->only_reads;
  }
  const bool pipeline = limits.size() > 1;
  const SteadyTime sent = clock_.Now();
  // Not the callers' deadlines: a caller may leave, but the connection should be kept.
  const Deadline deadline = Deadline::At(sent + options_.command_timeout);
  auto response = Send(worker, json, MostAnswerBytes(limits), pipeline, deadline);
  if (!response && only_reads && response.error().code == ErrorCode::kVendorUnavailable &&
      response.error().charge == Charge::kUnknown) {
    // The server may have closed the idle connection. A request that only reads may be repeated.
    response = Send(worker, json, MostAnswerBytes(limits), pipeline, deadline);
  }
  if (!response) return Lost(calls, response.error(), sent);
  RestAnswer answer = ReadRestAnswer(*response, limits, pipeline);
  if (answer.trouble) {
    Enter(*answer.trouble);
    return Fail(calls, NotReady(Status()));
  }
  Settle(calls, std::move(answer.replies));
}

void UpstashRestLink::Lost(const Calls& calls, const Error& error, SteadyTime sent) {
  // Our own shortage of descriptors says nothing of the server.
  if (error.code == ErrorCode::kIo) return Fail(calls, RestUnavailable(error.message));
  if (error.code != ErrorCode::kVendorTimeout) {
    const std::string reason = WithoutFullStop(error.message);
    // Refuse new calls first, then fail the waiting ones.
    Enter({RespState::kConnecting, reason});
    return Fail(calls, RestUnavailable("the connection to Redis was lost: " + reason));
  }
  bool silent = false;
  {
    const MutexLock lock(mutex_);
    silent = health_.IsDistrustedAfter(sent);
  }
  if (silent) Enter({RespState::kSilent, std::string(kNotInTime)});
  Fail(calls, RestUnavailable("Redis did not answer in time"));
}

void UpstashRestLink::Settle(const Calls& calls, Replies replies) {
  std::optional<LinkTrouble> trouble;
  for (const RespReply& reply : replies) {
    if (!trouble) trouble = TroubleBehind(reply);
  }
  if (trouble) Enter(*trouble);
  const MutexLock lock(mutex_);
  health_.NoteHeard(clock_.Now());
  health_.NoteAnswered(0);
  if (!trouble) backoff_.Reset();
  auto next = std::make_move_iterator(replies.begin());
  for (const auto& call : calls) {
    const auto end = next + static_cast<std::ptrdiff_t>(call->limits.size());
    if (!call->abandoned) health_.NoteAnswered(call->limits.size());
    Finish(*call, Replies(next, end));
    next = end;
  }
}

void UpstashRestLink::Fail(const Calls& calls, const Error& error) {
  const MutexLock lock(mutex_);
  for (const auto& call : calls) {
    if (!call->outcome) Finish(*call, error);
  }
}

void UpstashRestLink::Finish(Call& call, Result<Replies> outcome) {
  health_.Release(call.limits.size(), call.json.size());
  call.outcome = std::move(outcome);
  call.finished.NotifyOne();
}

void UpstashRestLink::Enter(const LinkTrouble& trouble, bool from_keeper) {
  {
    const MutexLock lock(mutex_);
    // What was under way when it began is no further news, and no reason to pause for longer.
    if (!health_.ready() && !from_keeper) return;
    const SteadyTime now = clock_.Now();
    health_.Enter(trouble.state, trouble.reason, now);
    std::chrono::milliseconds pause = backoff_.Next(trouble.state == RespState::kRefused);
    if (trouble.state == RespState::kPaused) {
      pause = std::min(trouble.pause.value_or(options_.quota_pause), options_.quota_pause);
    }
    next_probe_ = now + pause;
    for (const auto& call : queue_) Finish(*call, NotReady(health_.status()));
    queue_.clear();
  }
  work_.NotifyAll();
  changed_.NotifyAll();
}

void UpstashRestLink::Arrived() {
  {
    const MutexLock lock(mutex_);
    const SteadyTime now = clock_.Now();
    health_.NoteHeard(now);
    if (health_.ready()) return;
    health_.NoteConnected();
    health_.Enter(RespState::kReady, "", now);
  }
  changed_.NotifyAll();
}

}  // namespace vcache::redis
