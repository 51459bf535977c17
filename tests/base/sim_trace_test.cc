#include "base/sim/sim_trace.h"

#include <set>

#include "tests/base/sim_hosts.h"

namespace varve {
namespace {

using std::chrono::milliseconds;

// Three machines whose network has every kind of trouble while they talk.
class TroubledWorld {
 public:
  explicit TroubledWorld(std::uint64_t seed) : world_(seed) {
    for (const char* name : {"a", "b", "c"}) world_.add_machine(name);
    world_.network().set_link({.delay = {milliseconds(1), milliseconds(20)}, .window_bytes = 64, .split_percent = 30});
    listener_ = world_.wait(world_.machine("b").network().listen("b:1"));
  }

  std::uint64_t live() {
    tasks_.add(serve());
    for (const char* name : {"a", "c"}) tasks_.add(talk(world_.machine(name)));
    world_.network().flap("a", "b", {.down = milliseconds(5), .up = milliseconds(30), .times = 20});
    for (unsigned i = 0; i < 5; ++i) {
      world_.network().block("c", "b");
      world_.run_for(milliseconds(50));
      world_.network().heal("c", "b");
      world_.run_for(milliseconds(100));
    }
    return world_.trace().hash();
  }
  const SimNetworkCounts& counts() { return world_.network().counts(); }

 private:
  Task<void> serve() {
    for (;;) {
      Accepted accepted = co_await listener_->accept();
      kj::AsyncIoStream& stream = *accepted.stream;
      talks_.add(stream.pumpTo(stream).ignoreResult().catch_([](kj::Exception&&) {}).attach(kj::mv(accepted.stream)));
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
        .exclusiveJoin(machine.clock().after(milliseconds(40)))
        .catch_([](kj::Exception&&) {});
  }
  Task<void> talk(SimMachine& machine) {
    for (;;) {
      co_await talk_once(machine);
      co_await machine.clock().after(milliseconds(1));
    }
  }

  SimWorld world_;
  std::string text_ = std::string(200, 'x');
  std::string buffer_ = std::string(200, '?');
  kj::Own<Listener> listener_;
  Tasks talks_;
  Tasks tasks_;
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
}

}  // namespace
}  // namespace varve
