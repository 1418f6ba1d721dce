#include "redis/cluster/cluster_nodes.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace vcache::redis {
namespace {

using NodePointer = std::shared_ptr<ClusterNode>;

/// Masters, replicas from redirections, and seeds. Beyond this limit redirections fail.
constexpr std::size_t kMaxNodes = 2 * kMaxMasters;
/// How often to check whether a retired node is unused; see `DropRetired`.
constexpr std::chrono::milliseconds kRetiredLook{1'000};

/// A range holds its servers, and every slot may be its own range.
constexpr ReplyLimits kSlotsLimits{.max_bytes = 16 * 1024 * 1024, .max_elements = kSlotCount};
constexpr ReplyLimits kInfoLimits{.max_bytes = 64 * 1024, .max_elements = 0};

std::string AddressText(const NodeAddress& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::string AddressesText(const std::vector<NodeAddress>& addresses) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(addresses.size(), kShown); ++i) {
    text += (i == 0 ? "" : ",") + AddressText(addresses[i]);
  }
  if (addresses.size() > kShown) text += ",...";
  return text;
}

}  // namespace

std::size_t ClusterView::SlotsAnswering() const noexcept {
  std::size_t slots = 0;
  for (std::size_t i = 0; i < masters.size(); ++i) {
    if (masters[i]->Answers()) slots += map.SlotsOf(i);
  }
  return slots;
}

Result<std::unique_ptr<ClusterNodes>> ClusterNodes::Make(ClusterClientOptions options, Clock& clock,
                                                         Logger& logger) {
  std::unique_ptr<ClusterNodes> nodes(new ClusterNodes(std::move(options), clock, logger));
  if (auto met = nodes->MeetSeeds(); !met) return std::move(met).error();
  try {
    nodes->thread_ = std::thread([raw = nodes.get()] { raw->Main(); });
  } catch (const std::system_error&) {
    return Error{ErrorCode::kIo, "no thread for the Redis Cluster"};
  }
  return nodes;
}

ClusterNodes::ClusterNodes(ClusterClientOptions options, Clock& clock, Logger& logger)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger),
      pause_(options_.first_refresh) {}

ClusterNodes::~ClusterNodes() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  if (thread_.joinable()) thread_.join();
  // The connections' threads still call `Want`: destroy them while this object is whole.
  retired_.clear();
  std::map<NodeAddress, NodePointer> nodes;
  std::shared_ptr<const ClusterView> view;
  {
    const MutexLock lock(mutex_);
    nodes.swap(nodes_);
    view.swap(view_);
  }
}

std::shared_ptr<const ClusterView> ClusterNodes::view() const {
  const MutexLock lock(mutex_);
  return view_;
}

std::vector<NodePointer> ClusterNodes::KnownNodes() const {
  std::vector<NodePointer> known;
  const MutexLock lock(mutex_);
  for (const auto& [address, node] : nodes_) known.push_back(node);
  return known;
}

Result<NodePointer> ClusterNodes::NodeAt(const NodeAddress& address) {
  const MutexLock making(making_);
  {
    const MutexLock lock(mutex_);
    if (const auto found = nodes_.find(address); found != nodes_.end()) return found->second;
    if (nodes_.size() >= kMaxNodes) {
      return Error{ErrorCode::kStoreUnavailable, "the cluster has too many servers"};
    }
  }
  RespConnectionOptions connection;
  connection.url = options_.url.seeds.front();
  connection.url.host = address.host;
  connection.url.port = address.port;
  connection.command_timeout = options_.command_timeout;
  connection.connect_timeout = options_.connect_timeout;
  connection.client_name = options_.client_name;
  // A change of a server's state may mean that its slots have another server.
  connection.on_state = [this](const RespStatus& status) {
    const bool ready = status.state == RespState::kReady;
    Want(ready);  // at once when ready: callers may wait for it
    if (ready && options_.on_ready) options_.on_ready();
  };
  auto made = MakeRespConnection(std::move(connection), clock_, logger_);
  if (!made) return std::move(made).error();
  auto node = std::make_shared<ClusterNode>();
  node->address = address;
  node->connection = *std::move(made);
  const MutexLock lock(mutex_);
  nodes_.emplace(address, node);
  return node;
}

NodePointer ClusterNodes::At(const NodeAddress& address) {
  auto node = NodeAt(address);
  if (!node) return nullptr;
  (*node)->redirected_to.store(clock_.Now());
  return *std::move(node);
}

Result<void> ClusterNodes::MeetSeeds() {
  for (const RedisUrl& seed : options_.url.seeds) {
    if (auto node = NodeAt({seed.host, seed.port}); !node) return std::move(node).error();
  }
  return {};
}

void ClusterNodes::Want(bool at_once) {
  {
    const MutexLock lock(mutex_);
    wanted_ = true;
    urgent_ = urgent_ || at_once;
  }
  wake_.NotifyOne();
}

bool ClusterNodes::RefreshNow(Deadline deadline) {
  MutexLock lock(mutex_);
  const std::uint64_t mine = started_ + 1;
  wanted_ = urgent_ = true;
  wake_.NotifyOne();
  while (finished_ < mine && clock_.WaitUntil(refreshed_, lock, deadline.time())) {
  }
  return finished_ >= mine && succeeded_ >= mine;
}

void ClusterNodes::NoteDown(ClusterNode& node) {
  if (!node.says_down.exchange(true)) Want(true);
}

void ClusterNodes::Check() {
  for (const NodePointer& node : KnownNodes()) node->connection->Check();
}

bool ClusterNodes::available() const noexcept {
  const auto now = view();
  return now != nullptr && 2 * now->SlotsAnswering() > kSlotCount;
}

std::optional<SteadyTime> ClusterNodes::away_since() const noexcept {
  const auto now = view();
  std::optional<SteadyTime> latest;
  if (now == nullptr) return latest;
  for (const NodePointer& node : now->masters) {
    latest = std::max(latest, node->connection->Status().away_since);
  }
  return latest;
}

ClusterStatus ClusterNodes::Status() const {
  ClusterStatus status;
  const auto now = view();
  if (now != nullptr) {
    status.masters = now->masters.size();
    for (const NodePointer& node : now->masters) status.ready += node->Answers() ? 1 : 0;
    status.slots_served = now->SlotsAnswering();
  }
  status.available = 2 * status.slots_served > kSlotCount;
  const MutexLock lock(mutex_);
  status.refreshes = started_;
  if (status.available) return status;
  if (now == nullptr && failure_.empty()) {
    status.trouble = ClusterTrouble::kNoAnswerYet;
    status.reason = "no server of the cluster answers yet";
  } else if (now == nullptr) {
    status.trouble = ClusterTrouble::kSlotsUnreadable;
    status.reason = failure_;
  } else {
    status.trouble = ClusterTrouble::kSlotsUnserved;
    status.reason = "servers of " + std::to_string(kSlotCount - status.slots_served) + " of " +
                    std::to_string(kSlotCount) + " slots do not answer";
  }
  return status;
}

bool ClusterNodes::AwaitReady(Deadline deadline) {
  MutexLock lock(mutex_);
  for (;;) {
    if (view_ != nullptr && view_->SlotsAnswering() == kSlotCount) return true;
    if (clock_.WaitUntil(refreshed_, lock, deadline.time())) continue;
    return view_ != nullptr && view_->SlotsAnswering() == kSlotCount;
  }
}

void ClusterNodes::Main() noexcept {
  while (true) {
    try {
      WaitForWork();
      {
        const MutexLock lock(mutex_);
        if (stopping_) return;
        ++started_;
        wanted_ = urgent_ = false;
      }
      const bool read = Refresh();
      AskWhetherUp();
      LogTransitions();
      const bool troubled = !read || IsTroubled();
      pause_ = troubled ? std::min(2 * pause_, options_.last_refresh) : options_.first_refresh;
      next_refresh_ = clock_.Now() + pause_;
      const MutexLock lock(mutex_);
      if (troubled) wanted_ = true;
      finished_ = started_;
      if (read) succeeded_ = started_;
    } catch (const std::exception&) {  // out of memory: the next turn retries
      next_refresh_ = clock_.Now() + options_.last_refresh;
      const MutexLock lock(mutex_);
      wanted_ = true;
    }
    refreshed_.NotifyAll();
  }
}

void ClusterNodes::WaitForWork() {
  DropRetired();
  MutexLock lock(mutex_);
  while (!stopping_ && !urgent_) {
    const SteadyTime now = clock_.Now();
    if (wanted_ && now >= next_refresh_) return;
    SteadyTime until = wanted_ ? next_refresh_ : SteadyTime::max();
    if (!retired_.empty()) until = std::min(until, now + kRetiredLook);
    const bool waited_for_news = !wanted_;
    while (!stopping_ && !urgent_ && !(waited_for_news && wanted_) &&
           clock_.WaitUntil(wake_, lock, until)) {
    }
    if (retired_.empty()) continue;
    lock.Unlock();
    DropRetired();
    lock.Lock();
  }
}

bool ClusterNodes::Refresh() {
  const std::vector<NodePointer> known = KnownNodes();
  ++turn_;  // start with another server each time: one may have an old view
  for (const bool down : {false, true}) {  // ask nodes that report "down" last: they may know less
    for (std::size_t i = 0; i < known.size(); ++i) {
      ClusterNode& node = *known[(turn_ + i) % known.size()];
      if (node.says_down.load() != down || !node.connection->available()) continue;
      if (ReadFrom(node)) return true;
    }
  }
  // No known server answers. Ask the seeds, which may know other servers.
  if (auto met = MeetSeeds(); !met) {
    const MutexLock lock(mutex_);
    failure_ = met.error().message;
  }
  return false;
}

bool ClusterNodes::ReadFrom(ClusterNode& node) {
  const RespCommand command{{"CLUSTER", "SLOTS"}, kSlotsLimits};
  const auto reply = node.connection->Run(command, Deadline::Never());
  Result<void> done;
  if (!reply) {
    done = reply.error();
  } else if (reply->is_error()) {
    done = Error{ErrorCode::kStoreUnavailable,
                 "it answers \"" + EscapeForLog(reply->text) + "\" to CLUSTER SLOTS"};
  } else if (auto map = SlotMap::Parse(*reply, node.address.host); map) {
    done = Install(*std::move(map));
  } else {
    done = std::move(map).error();
  }
  const MutexLock lock(mutex_);
  failure_ = done ? "" : AddressText(node.address) + ": " + done.error().message;
  return done.has_value();
}

Result<void> ClusterNodes::Install(SlotMap map) {
  const auto before = view();
  if (before != nullptr && before->map == map) {
    LeaveSpareNodes(*before);
    return {};
  }
  const std::vector<NodeAddress> addresses = map.masters();
  std::vector<NodePointer> masters;
  for (const NodeAddress& address : addresses) {
    auto node = NodeAt(address);
    if (!node) return std::move(node).error();
    masters.push_back(*std::move(node));
  }
  const bool others = before == nullptr || before->map.masters() != addresses;
  const std::size_t slots = map.slots_served();
  const auto after = std::make_shared<const ClusterView>(
      ClusterView{before == nullptr ? 1 : before->version + 1, std::move(map), std::move(masters)});
  {
    const MutexLock lock(mutex_);
    view_ = after;
  }
  LeaveSpareNodes(*after);
  if (others) {
    logger_.Info(
        "Redis Cluster: its masters are known",
        {{"masters", AddressesText(addresses)}, {"slots", static_cast<std::int64_t>(slots)}});
  }
  return {};
}

void ClusterNodes::LeaveSpareNodes(const ClusterView& view) {
  const SteadyTime now = clock_.Now();
  const MutexLock lock(mutex_);
  for (auto it = nodes_.begin(); it != nodes_.end();) {
    const auto& masters = view.map.masters();
    const bool serves = std::binary_search(masters.begin(), masters.end(), it->first);
    const SteadyTime used = it->second->redirected_to.load();
    const bool in_use = used != SteadyTime{} && now - used < options_.spare_life;
    if (serves || in_use) {
      ++it;
      continue;
    }
    retired_.push_back(std::move(it->second));
    it = nodes_.erase(it);
  }
}

/// The only place that closes connections. Closing may block, and no caller should wait for it.
void ClusterNodes::DropRetired() {
  std::erase_if(retired_, [](const NodePointer& node) { return node.use_count() == 1; });
}

/// Once one server reports the cluster down, ask all of them: otherwise it would seem up again
/// until callers asked the others. A server that does not answer counts as down until it reports
/// that the cluster is up. After a restart it rejoins the cluster only some time later.
void ClusterNodes::AskWhetherUp() {
  const std::vector<NodePointer> known = KnownNodes();
  const auto says_down = [](const NodePointer& node) { return node->says_down.load(); };
  if (std::none_of(known.begin(), known.end(), says_down)) return;
  const RespCommand command{{"CLUSTER", "INFO"}, kInfoLimits};
  for (const NodePointer& node : known) {
    if (!node->connection->available()) {
      node->says_down.store(true);
      continue;
    }
    const auto reply = node->connection->Run(command, Deadline::Never());
    if (!reply || !reply->is_text()) continue;
    node->says_down.store(reply->text.find("cluster_state:ok") == std::string::npos);
  }
}

bool ClusterNodes::IsTroubled() const {
  const auto now = view();
  return now == nullptr || now->SlotsAnswering() != kSlotCount;
}

void ClusterNodes::LogTransitions() {
  const ClusterStatus status = Status();
  // At start-up, do not log "not available" until a first attempt has failed.
  const bool first_failure = !status.available && !told_available_;
  if (told_available_ == status.available) return;
  if (first_failure && status.trouble == ClusterTrouble::kNoAnswerYet) return;
  // Do not log it either while connections to new servers are being opened.
  const std::vector<NodePointer> known = KnownNodes();
  const auto is_new = [](const NodePointer& node) { return node->IsNew(); };
  if (first_failure && std::any_of(known.begin(), known.end(), is_new)) return;
  told_available_ = status.available;
  if (status.available) {
    logger_.Info("Redis Cluster is connected",
                 {{"masters", static_cast<std::int64_t>(status.masters)},
                  {"slots", static_cast<std::int64_t>(status.slots_served)}});
  } else {
    logger_.Warn("Redis Cluster is not available", {{"reason", status.reason}});
  }
}

}  // namespace vcache::redis
