// Puts into etcd, from one thread over some connections to one member.
#include <sys/epoll.h>

#include <memory>
#include <thread>
#include <vector>

#include "bench/peers/etcd_connection.h"

namespace varve::peers {
namespace {

// As many as serve it best: more connections are more work for etcd, fewer wait for each other.
unsigned connections_for(unsigned outstanding) {
  return outstanding == 1 ? 1 : outstanding <= 64 ? 8 : 16;
}

void put_until_over(const ClusterLoad& load, const MeasuredTime& time, LatencyHistogram& latencies) {
  const auto answered = [&](Steady::time_point sent) {
    const auto now = Steady::now();
    if (time.holds(now)) latencies.add(now - sent);
  };
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<EtcdConnection>> connections;
  for (unsigned number = 0; number < connections_for(load.outstanding); ++number) {
    connections.push_back(std::make_unique<EtcdConnection>(load, number, answered));
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.ptr = connections.back().get();
    epoll_ctl(poll, EPOLL_CTL_ADD, connections.back()->descriptor(), &interest);
  }
  for (unsigned i = 0; i < load.outstanding; ++i) connections[i % connections.size()]->keep_one_under_way();
  for (auto& connection : connections) connection->flush();
  while (!time.over(Steady::now())) {
    epoll_event events[16];
    const int ready = epoll_wait(poll, events, 16, 100);
    for (int i = 0; i < ready; ++i) {
      auto* connection = static_cast<EtcdConnection*>(events[i].data.ptr);
      connection->receive();
      connection->flush();
    }
  }
  close(poll);
}

}  // namespace
}  // namespace varve::peers

int main(int argc, char** argv) {
  using namespace varve::peers;
  const ClusterLoad load = ClusterLoad::parse(argc, argv);
  const MeasuredTime time(load);
  varve::LatencyHistogram latencies;
  std::thread putting([&] { put_until_over(load, time, latencies); });
  const double cpu = time.sleep_through();
  putting.join();
  print_figures(time, latencies, cpu);
}
