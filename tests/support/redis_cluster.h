#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/redis_server.h"

namespace vcache::test {

/// A real Redis Cluster of the test's own: six `redis-server` processes, three masters with a
/// replica each. Formed by hand, which is quicker than `redis-cli --cluster create`. Servers give
/// each other up after as long as Redis' default, so that a busy machine, where a process may not
/// run for a second, makes no fail-over that the test did not; see `SetNodeTimeout`.
class RedisCluster {
 public:
  static constexpr std::size_t kMasters = 3;
  static constexpr std::chrono::milliseconds kNodeTimeout{15'000};
  static constexpr std::chrono::milliseconds kQuickNodeTimeout{1'000};

  /// `arguments` are added to each command line. With `tls` clients and servers talk TLS only.
  explicit RedisCluster(std::vector<std::string> arguments = {}, bool tls = false) {
    if (tls) authority_.emplace(directory_.path(), "ca");
    for (std::size_t i = 0; i < 2 * kMasters; ++i) {
      bus_ports_.push_back(LoopbackSocket::FreePort());
      RedisServer::Options options;
      // A bus port of its own: the usual one, 10,000 higher, may be beyond the last port.
      options.arguments = {"--cluster-enabled",
                           "yes",
                           "--cluster-node-timeout",
                           std::to_string(kQuickNodeTimeout.count()),
                           "--cluster-port",
                           std::to_string(bus_ports_.back()),
                           "--cluster-replica-validity-factor",
                           "0",
                           "--repl-diskless-sync-delay",
                           "0"};
      if (tls) {
        options.tls = true;
        options.authority = &*authority_;
        options.arguments.insert(options.arguments.end(),
                                 {"--tls-cluster", "yes", "--tls-replication", "yes"});
      }
      options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
      servers_.push_back(std::make_unique<RedisServer>(std::move(options)));
    }
    Form();
    SetNodeTimeout(kNodeTimeout);
  }

  /// After how long of silence a server is given up. With `kQuickNodeTimeout` a master that is
  /// killed is replaced within some two seconds. One that is started anew begins with that.
  void SetNodeTimeout(std::chrono::milliseconds timeout) const {
    AskAll({"CONFIG", "SET", "cluster-node-timeout", std::to_string(timeout.count())});
  }

  /// Names the three that are masters at first.
  std::string url() const {
    std::string url = authority_ ? "rediss+cluster://" : "redis+cluster://";
    for (std::size_t i = 0; i < kMasters; ++i) {
      url += (i == 0 ? "" : ",") + std::string("127.0.0.1:") + std::to_string(server(i).port());
    }
    return authority_ ? url + "?tls_ca=" + authority_->ca_file().string() : url;
  }
  /// The first three are masters at first, each replicated by the one three behind it.
  RedisServer& server(std::size_t index) const { return *servers_.at(index); }
  std::size_t size() const noexcept { return servers_.size(); }

  /// Which server is master of this key's slot, by what the servers say of themselves; `size()`
  /// when none is.
  std::size_t OwnerOf(const std::string& key) const {
    for (std::size_t i = 0; i < size(); ++i) {
      // A replica, and who does not serve the slot, answers MOVED.
      if (TryAsk(i, {"EXISTS", key}).find_first_not_of("0123456789") == std::string::npos) return i;
    }
    return size();
  }
  /// All of them answer, and agree that every slot is served.
  bool IsWhole() const {
    for (std::size_t i = 0; i < size(); ++i) {
      if (TryAsk(i, {"CLUSTER", "INFO"}).find("cluster_state:ok") == std::string::npos)
        return false;
    }
    return true;
  }
  /// Runs a command; what went wrong instead of its reply, when the server is dead.
  std::string TryAsk(std::size_t index, std::initializer_list<std::string_view> words) const {
    try {
      return server(index).Ask(words);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  /// The same command on every master, whose replies are not looked at.
  void AskAll(std::initializer_list<std::string_view> words) const {
    for (std::size_t i = 0; i < size(); ++i) TryAsk(i, words);
  }
  static void Await(const char* what, const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error(what);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  /// Returns when a master's replica has all that was written to the master. (WAIT does not tell:
  /// it is about what its own connection wrote.)
  void AwaitReplica(std::size_t master) const {
    const auto offset = [&](const std::string& mark) {
      const std::string info = server(master).Ask({"INFO", "replication"});
      const std::size_t at = info.find(mark);
      return at == std::string::npos ? -1LL : std::atoll(info.c_str() + at + mark.size());
    };
    const long long written = offset("master_repl_offset:");
    Await("a replica does not keep up", [&] { return offset(",offset=") >= written; });
  }

  /// Begins to move the slot of `key`: from now on its keys may be on either server.
  void BeginMove(const std::string& key, std::size_t from, std::size_t to) const {
    const std::string slot = server(from).Ask({"CLUSTER", "KEYSLOT", key});
    server(to).Ask({"CLUSTER", "SETSLOT", slot, "IMPORTING", IdOf(from)});
    server(from).Ask({"CLUSTER", "SETSLOT", slot, "MIGRATING", IdOf(to)});
  }
  void MoveKey(const std::string& key, std::size_t from, std::size_t to) const {
    server(from).Ask({"MIGRATE", "127.0.0.1", std::to_string(server(to).port()), key, "0", "5000"});
  }
  void EndMove(const std::string& key, std::size_t to) const {
    const std::string slot = server(to).Ask({"CLUSTER", "KEYSLOT", key});
    server(to).Ask({"CLUSTER", "SETSLOT", slot, "NODE", IdOf(to)});
    for (std::size_t i = 0; i < kMasters; ++i) {
      server(i).Ask({"CLUSTER", "SETSLOT", slot, "NODE", IdOf(to)});
    }
  }

 private:
  std::string IdOf(std::size_t index) const { return server(index).Ask({"CLUSTER", "MYID"}); }

  void Form() const {
    constexpr std::size_t kSlots = 16'384;
    for (std::size_t i = 0; i < size(); ++i) {
      server(i).Ask({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
      if (i >= kMasters) continue;
      const std::size_t first = i * kSlots / kMasters;
      const std::size_t last = (i + 1) * kSlots / kMasters - 1;
      server(i).Ask({"CLUSTER", "ADDSLOTSRANGE", std::to_string(first), std::to_string(last)});
    }
    for (std::size_t i = 1; i < size(); ++i) {
      server(0).Ask({"CLUSTER", "MEET", "127.0.0.1", std::to_string(server(i).port()),
                     std::to_string(bus_ports_[i])});
    }
    for (std::size_t i = 0; i < size(); ++i) {
      Await("the servers of the cluster do not meet", [&] {
        const std::string nodes = server(i).Ask({"CLUSTER", "NODES"});
        return nodes.find("handshake") == std::string::npos &&
               server(i).Ask({"CLUSTER", "INFO"}).find("cluster_known_nodes:6") !=
                   std::string::npos;
      });
    }
    for (std::size_t i = kMasters; i < size(); ++i) {
      server(i).Ask({"CLUSTER", "REPLICATE", IdOf(i - kMasters)});
    }
    for (std::size_t i = kMasters; i < size(); ++i) {
      Await("a replica does not find its master", [&] {
        return server(i).Ask({"INFO", "replication"}).find("master_link_status:up") !=
               std::string::npos;
      });
    }
    Await("the cluster does not become whole", [&] { return IsWhole(); });
  }

  TempDir directory_;
  std::optional<TestAuthority> authority_;
  std::vector<std::uint16_t> bus_ports_;
  std::vector<std::unique_ptr<RedisServer>> servers_;
};

}  // namespace vcache::test
