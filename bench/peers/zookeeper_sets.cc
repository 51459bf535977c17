// Sets of znodes' data in ZooKeeper, by its asynchronous C client.
#include <zookeeper/zookeeper.h>

#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "bench/peers/cluster_load.h"

namespace varve::peers {
namespace {

constexpr unsigned kNodes = 1000;
constexpr auto kPatience = std::chrono::seconds(20);

// As many as serve it best: each session has an order, and two threads of the client, of its own.
unsigned sessions_for(unsigned outstanding) {
  return outstanding == 1 ? 1 : outstanding <= 64 ? 4 : 8;
}

std::string node_path(std::uint64_t number) {
  return "/load/" + std::to_string(number);
}

// Threads: one; but what is answered is taken, and goes on, on a thread of the client, until close().
class Session {
 public:
  Session(const ClusterLoad& load, const MeasuredTime& time) : time_(time), value_(load.value_bytes, 'v') {
    handle_ = zookeeper_init((load.host + ":" + load.port).c_str(), nullptr, 30'000, nullptr, nullptr, 0);
    if (handle_ == nullptr) give_up("no session of ZooKeeper");
    for (const auto end = Steady::now() + kPatience; zoo_state(handle_) != ZOO_CONNECTED_STATE;) {
      if (Steady::now() > end) give_up("ZooKeeper at " + load.host + ":" + load.port + " gives no session");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  ~Session() { close(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool has(const std::string& path) { return zoo_exists(handle_, path.c_str(), 0, nullptr) == ZOK; }
  void create(const std::string& path) {
    const int status = zoo_create(handle_, path.c_str(), "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, nullptr, 0);
    if (status != ZOK && status != ZNODEEXISTS) give_up("creating " + path + ": " + zerror(status));
  }

  // Starts a set of a random znode and goes on with another whenever it is answered.
  void keep_one_under_way() { submit(sets_.emplace_back(Set{*this, std::minstd_rand(sets_.size() + 1), {}})); }

  // Waits for the threads of the client.
  void close() {
    if (handle_ != nullptr) zookeeper_close(handle_);
    handle_ = nullptr;
  }
  // After close().
  const LatencyHistogram& latencies() const { return latencies_; }

 private:
  struct Set {
    Session& session;
    std::minstd_rand random;
    Steady::time_point sent;
  };

  void submit(Set& set) {
    set.sent = Steady::now();
    const int status =
        zoo_aset(handle_, node_path(set.random() % kNodes).c_str(), value_.data(), static_cast<int>(value_.size()), -1, on_answered, &set);
    if (status != ZOK) give_up(std::string("a set: ") + zerror(status));
  }

  static void on_answered(int status, const Stat*, const void* data) {
    Set& set = *static_cast<Set*>(const_cast<void*>(data));
    Session& session = set.session;
    const auto now = Steady::now();
    if (session.time_.over(now)) return;
    if (status != ZOK) give_up(std::string("a set was refused: ") + zerror(status));
    if (session.time_.holds(now)) session.latencies_.add(now - set.sent);
    session.submit(set);
  }

  const MeasuredTime& time_;
  const std::string value_;
  zhandle_t* handle_ = nullptr;
  std::deque<Set> sets_;
  LatencyHistogram latencies_;
};

void create_nodes(const ClusterLoad& load, const MeasuredTime& time) {
  Session session(load, time);
  if (session.has(node_path(kNodes - 1))) return;
  session.create("/load");
  for (unsigned i = 0; i < kNodes; ++i) session.create(node_path(i));
}

}  // namespace
}  // namespace varve::peers

int main(int argc, char** argv) {
  using namespace varve::peers;
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  const ClusterLoad load = ClusterLoad::parse(argc, argv);
  create_nodes(load, MeasuredTime(load));
  const MeasuredTime time(load);
  std::vector<std::unique_ptr<Session>> sessions;
  for (unsigned number = 0; number < sessions_for(load.outstanding); ++number) sessions.push_back(std::make_unique<Session>(load, time));
  for (unsigned i = 0; i < load.outstanding; ++i) sessions[i % sessions.size()]->keep_one_under_way();
  const double cpu = time.sleep_through();
  varve::LatencyHistogram latencies;
  for (const auto& session : sessions) {
    session->close();
    latencies.add(session->latencies());
  }
  print_figures(time, latencies, cpu);
}
