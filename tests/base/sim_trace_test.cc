#include "base/sim/sim_trace.h"

#include <map>
#include <set>

#include "tests/base/sim_hosts.h"

namespace varve {
namespace {

using std::chrono::milliseconds;

// Three machines that lose power, processes and each other while they talk.
class TroubledWorld {
 public:
  explicit TroubledWorld(std::uint64_t seed) : world_(seed) {
    for (const char* name : {"a", "b", "c"}) {
      world_.add_machine(name);
      start(name);
    }
    network().set_link({.delay = {milliseconds(1), milliseconds(20)}, .window_bytes = 64, .split_percent = 30});
  }

  std::uint64_t live() {
    network().flap("a", "b", {.down = milliseconds(5), .up = milliseconds(30), .times = 20});
    for (unsigned i = 0; i < 5; ++i) {
      network().block("c", "b");
      world_.run_for(milliseconds(50));
      network().heal("c", "b");
      world_.run_for(milliseconds(100));
      for (const char* name : {"a", "b", "c"}) trouble(name);
    }
    return world_.trace().hash();
  }
  const SimNetworkCounts& counts() { return network().counts(); }

 private:
  SimNetwork& network() { return world_.network(); }
  void start(const std::string& name) { tasks_[name].add(name == "b" ? kj::Promise<void>(serve()) : kj::Promise<void>(talk(name))); }
  void stop(const std::string& name) {
    tasks_[name].clear();
    if (name == "b") talks_.clear();
  }

  void trouble(const std::string& name) {
    SimMachine& machine = world_.machine(name);
    const bool loses_power = world_.random().percent(50);
    if (loses_power)
      machine.power_off();
    else
      machine.kill_connections();
    stop(name);
    world_.run_for(milliseconds(world_.random().below(50)));
    if (loses_power) machine.power_on(world_.random());
    start(name);
  }

  Task<void> serve() {
    kj::Own<Listener> listener = co_await world_.machine("b").network().listen("b:1");
    for (;;) {
      Accepted accepted = co_await listener->accept();
      kj::AsyncIoStream& stream = *accepted.stream;
      talks_.add(stream.pumpTo(stream).ignoreResult().catch_([](kj::Exception&&) {}).attach(kj::mv(accepted.stream)));
    }
  }
  Task<void> talk(std::string name) {
    SimMachine& machine = world_.machine(name);
    for (;;) {
      co_await talk_once(machine);
      co_await machine.clock().after(milliseconds(1));
    }
  }
  kj::Promise<void> talk_once(SimMachine& machine) {
    return machine.network()
        .connect("b:1")
        .then([this](kj::Own<kj::AsyncIoStream> stream) {
          auto writing = stream->write(text_.data(), text_.size());
          auto reading = stream->tryRead(buffer_.data(), buffer_.size(), buffer_.size()).ignoreResult();
          return writing.then([reading = kj::mv(reading)]() mutable { return kj::mv(reading); }).attach(kj::mv(stream));
        })
        .exclusiveJoin(machine.clock().after(milliseconds(100)))
        .catch_([](kj::Exception&&) {});
  }

  SimWorld world_;
  std::string text_ = std::string(200, 'x');
  std::string buffer_ = std::string(200, '?');
  Tasks talks_;
  std::map<std::string, Tasks> tasks_;
};

TEST(SimTrace, is_the_same_for_one_seed_and_another_for_another) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::uint64_t hash = TroubledWorld(seed).live();
    EXPECT_EQ(TroubledWorld(seed).live(), hash) << "seed " << seed;
    hashes.insert(hash);
  }
  EXPECT_EQ(hashes.size(), 10u);
}

TEST(SimTrace, is_of_a_world_with_trouble) {
  TroubledWorld world(1);
  world.live();
  EXPECT_GT(world.counts().connections_cut, 0u);
  EXPECT_GT(world.counts().sends_held, 0u);
  EXPECT_GT(world.counts().late_deliveries, 0u);
  EXPECT_GT(world.counts().writes_waited, 0u);
  EXPECT_GT(world.counts().sends_split, 0u);
  EXPECT_GT(world.counts().connections_half_open, 0u);
  EXPECT_GT(world.counts().connections_killed, 0u);
}

}  // namespace
}  // namespace varve
