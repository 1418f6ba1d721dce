#include "redis/cluster/cluster_run.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace vcache::redis {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxRedirections = 5;
/// After CLUSTERDOWN or TRYAGAIN: 10, 20, 40 ms. A fail-over or a moving key may be done by then.
constexpr int kMaxRepetitions = 3;
constexpr milliseconds kFirstPause{10};

Error ClusterAway(std::string why) {
  return Error{ErrorCode::kStoreUnavailable, "Redis Cluster is not available: " + std::move(why)};
}

RespReply ErrorReply(std::string text) {
  RespReply reply;
  reply.type = RespReply::Type::kError;
  reply.text = std::move(text);
  return reply;
}

}  // namespace

Result<std::vector<RespReply>> ClusterRun::Go(std::span<const RespCommand> commands) {
  view_ = nodes_.view();
  if (view_ == nullptr) return ClusterAway(nodes_.Status().reason);
  if (auto planned = Plan(commands); !planned) return std::move(planned).error();
  const auto is_open = [](const Job& job) { return job.open(); };
  while (std::any_of(jobs_.begin(), jobs_.end(), is_open)) {
    if (must_pause_) Pause();
    Round();
  }
  std::vector<RespReply> replies;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto reply = Merged(i);
    if (!reply) return std::move(reply).error();
    replies.push_back(*std::move(reply));
  }
  return replies;
}

Result<void> ClusterRun::Plan(std::span<const RespCommand> commands) {
  for (const RespCommand& command : commands) {
    auto plan = PlanCommand(command);
    if (!plan) return std::move(plan).error();
    for (CommandPart& part : plan->parts) {
      jobs_.push_back({std::move(part), plans_.size(), nullptr, false, 0, 0, {}, {}});
    }
    if (plan->merge == Merge::kScan) {
      if (auto aimed = AimScan(*plan, jobs_.back()); !aimed) return aimed;
    }
    plans_.push_back(*std::move(plan));
  }
  return {};
}

Result<void> ClusterRun::AimScan(CommandPlan& plan, Job& job) {
  const Error changed = ClusterAway("its slots have changed owners in the middle of a walk");
  auto& words = job.part.command.words;
  const auto cursor = words.size() < 2 ? std::nullopt : ScanCursor::Parse(words[1]);
  if (!cursor) return Error{ErrorCode::kInternal, "a SCAN with a cursor that is none of ours"};
  scan_ = *cursor;
  if (scan_.version == 0) scan_.version = view_->version;
  if (scan_.version != view_->version || scan_.master >= view_->masters.size()) return changed;
  words[1] = scan_.inner;
  job.target = view_->masters[scan_.master];
  plan.parts.clear();
  return {};
}

std::shared_ptr<ClusterNode> ClusterRun::Choose(const Job& job) const {
  if (job.target != nullptr) return job.target;
  if (job.part.slot) {
    const auto place = view_->map.MasterOf(*job.part.slot);
    return place ? view_->masters[*place] : nullptr;
  }
  const auto& masters = view_->masters;
  const auto found = std::find_if(masters.begin(), masters.end(),
                                  [](const auto& node) { return node->Answers(); });
  return found == masters.end() ? masters.front() : *found;
}

void ClusterRun::Round() {
  ++rounds_;
  view_ = nodes_.view();
  std::vector<Batch> batches;
  for (Job& job : jobs_) {
    if (!job.open()) continue;
    const std::shared_ptr<ClusterNode> node = Choose(job);
    if (node == nullptr) {
      nodes_.RefreshSoon();
      job.failure = ClusterAway("nobody serves the slot");
      continue;
    }
    auto batch = std::find_if(batches.begin(), batches.end(),
                              [&](const Batch& other) { return other.node == node; });
    if (batch == batches.end()) batch = batches.insert(batches.end(), Batch{node, {}, {}});
    batch->jobs.push_back(&job);
  }
  for (Batch& batch : batches) Send(batch);
  for (Batch& batch : batches) Receive(batch);
}

void ClusterRun::Send(Batch& batch) {
  const auto fail = [&](const Error& error) {
    for (Job* job : batch.jobs) job->failure = error;
  };
  if (batch.node->says_down.load()) {
    fail(ClusterAway("its servers say that it is down"));
    return;
  }
  RespConnection& connection = *batch.node->connection;
  const bool is_new = batch.node->IsNew();
  if (is_new) connection.AwaitReady(until_);
  std::vector<RespCommand> commands;
  for (const Job* job : batch.jobs) {
    // ASKING applies to the next command only; the connection writes the two together.
    if (job->asking) commands.push_back({{"ASKING"}, {}});
    commands.push_back(job->part.command);
  }
  // In the first round, pass the full deadline: the connection applies the same limit, and it
  // counts only calls that waited for all of it.
  auto ticket = connection.Submit(commands, rounds_ == 1 && !is_new ? deadline_ : until_);
  if (ticket) {
    batch.ticket = *std::move(ticket);
  } else {
    fail(ticket.error());
  }
}

void ClusterRun::Receive(Batch& batch) {
  if (!batch.ticket) return;
  auto replies = batch.node->connection->Await(*std::move(batch.ticket));
  if (!replies) {
    for (Job* job : batch.jobs) job->failure = replies.error();
    nodes_.RefreshSoon();
    return;
  }
  std::size_t at = 0;
  for (Job* job : batch.jobs) {
    if (job->asking) ++at;
    Judge(*job, std::move((*replies)[at++]), *batch.node);
  }
}

void ClusterRun::Judge(Job& job, RespReply reply, ClusterNode& node) {
  switch (reply.error_kind()) {
    case RespErrorKind::kMoved:
    case RespErrorKind::kAsk:
      Follow(job, reply, node);
      return;
    case RespErrorKind::kTryAgain:
    case RespErrorKind::kClusterDown:
      Repeat(job, std::move(reply), node);
      return;
    default:
      job.reply = std::move(reply);
  }
}

void ClusterRun::Follow(Job& job, const RespReply& reply, const ClusterNode& node) {
  const auto redirect = ParseRedirect(reply.text, node.address.host);
  if (!redirect || ++job.redirections > kMaxRedirections) {
    job.failure = ClusterAway(redirect ? "its servers send each other's requests round in circles"
                                       : "a redirection that leads nowhere");
    return;
  }
  job.asking = reply.error_kind() == RespErrorKind::kAsk;
  (job.asking ? counts_.asked : counts_.moved).fetch_add(1);
  if (!job.asking) nodes_.RefreshSoon();
  job.target = nodes_.At(redirect->address);
  if (job.target == nullptr) job.failure = ClusterAway("no connection to where a request is sent");
}

void ClusterRun::Repeat(Job& job, RespReply reply, ClusterNode& node) {
  if (reply.error_kind() == RespErrorKind::kTryAgain && job.part.places.size() > 1) {
    // Some of its keys have moved: ask for each key separately.
    std::vector<CommandPart> parts = SplitByKey(job.part);
    job.part = std::move(parts.front());
    for (std::size_t i = 1; i < parts.size(); ++i) {
      jobs_.push_back({std::move(parts[i]),
                       job.command,
                       job.target,
                       job.asking,
                       job.redirections,
                       job.repetitions,
                       {},
                       {}});
    }
    counts_.repeated.fetch_add(1);
    return;
  }
  if (++job.repetitions > kMaxRepetitions || until_.Expired(clock_)) {
    // Other CLUSTERDOWN replies concern one slot or writes only; the server may serve others.
    if (reply.text == "CLUSTERDOWN The cluster is down") nodes_.NoteDown(node);
    job.failure = ClusterAway("it answers \"" + EscapeForLog(reply.text) + "\"");
    return;
  }
  counts_.repeated.fetch_add(1);
  if (reply.error_kind() == RespErrorKind::kClusterDown) {
    if (job.part.slot) job.target = nullptr;  // the slot may then have another owner
    job.asking = false;
    nodes_.RefreshSoon();
  }
  must_pause_ = true;
}

void ClusterRun::Pause() {
  must_pause_ = false;
  const auto pause = kFirstPause * (1 << std::min(pauses_++, 3));
  clock_.SleepUntil(std::min(until_.time(), clock_.Now() + pause));
}

Result<RespReply> ClusterRun::Merged(std::size_t command) {
  const Merge merge = plans_[command].merge;
  if (merge == Merge::kInOrder) return MergedInOrder(command);
  if (merge == Merge::kSum) return MergedSum(command);
  for (Job& job : jobs_) {
    if (job.command != command) continue;
    if (job.failure) return *job.failure;
    if (merge == Merge::kScan) return NextScanPage(*std::move(job.reply));
    return *std::move(job.reply);
  }
  return Error{ErrorCode::kInternal, "a command was not sent"};
}

Result<RespReply> ClusterRun::MergedInOrder(std::size_t command) const {
  RespReply whole;
  whole.type = RespReply::Type::kArray;
  whole.elements.resize(plans_[command].places);
  const Error* failure = nullptr;
  std::size_t answered = 0;
  for (const Job& job : jobs_) {
    if (job.command != command) continue;
    const auto& places = job.part.places;
    const bool is_list = job.reply && job.reply->is_array();
    if (is_list && job.reply->elements.size() != places.size()) {
      return ClusterAway("a list of replies has the wrong length");
    }
    if (job.failure) failure = &*job.failure;
    answered += job.failure ? 0 : places.size();
    for (std::size_t i = 0; i < places.size(); ++i) {
      whole.elements[places[i]] = is_list       ? job.reply->elements[i]
                                  : job.failure ? ErrorReply("CLUSTERDOWN " + job.failure->message)
                                                : ErrorReply(job.reply->text);
    }
  }
  if (answered == 0 && failure != nullptr) return *failure;
  return whole;
}

Result<RespReply> ClusterRun::MergedSum(std::size_t command) const {
  RespReply sum;
  sum.type = RespReply::Type::kInteger;
  for (const Job& job : jobs_) {
    if (job.command != command) continue;
    if (job.failure) return *job.failure;
    if (job.reply->type != RespReply::Type::kInteger) return *job.reply;
    sum.integer += job.reply->integer;
  }
  return sum;
}

/// The next cursor. After the last master, checks that no slot changed owners meanwhile.
Result<RespReply> ClusterRun::NextScanPage(RespReply page) const {
  if (!page.is_array() || page.elements.size() != 2 || !page.elements[0].is_text()) return page;
  ScanCursor next = scan_;
  next.inner = page.elements[0].text;
  if (next.inner == "0" && ++next.master == view_->masters.size()) {
    const bool read = nodes_.RefreshNow(until_);
    const auto now = nodes_.view();
    if (!read || now->version != scan_.version) {
      return ClusterAway("its slots have changed owners in the middle of a walk");
    }
    page.elements[0].text = "0";
    return page;
  }
  page.elements[0].text = next.Text();
  return page;
}

}  // namespace vcache::redis
