// Cap'n Proto RPC between two simulated machines.
#include <capnp/rpc-twoparty.h>

#include <memory>
#include <vector>

#include "base/tasks.h"
#include "tests/base/sim_hosts.h"
#include "tests_base/echo.capnp.h"

namespace varve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // Cap'n Proto's generated classes have no virtual destructors

class EchoServer final : public Echo::Server {
 public:
  kj::Promise<void> say(SayContext context) override {
    context.getResults().setText(context.getParams().getText());
    return kj::READY_NOW;
  }
};

#pragma GCC diagnostic pop

// One connection's side of the RPC.
class RpcSide {
 public:
  RpcSide(kj::Own<kj::AsyncIoStream> stream, capnp::rpc::twoparty::Side side, capnp::Capability::Client bootstrap)
      : stream_(kj::mv(stream)), network_(*stream_, side), rpc_(capnp::makeRpcServer(network_, kj::mv(bootstrap))) {}

  Echo::Client peer() {
    capnp::word scratch[4] = {};
    capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 4));
    auto id = message.getRoot<capnp::rpc::twoparty::VatId>();
    id.setSide(capnp::rpc::twoparty::Side::SERVER);
    return rpc_.bootstrap(id).castAs<Echo>();
  }

 private:
  kj::Own<kj::AsyncIoStream> stream_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc_;
};

class SimRpcTest : public SimHosts {
 protected:
  SimRpcTest() {
    tasks_.add(serve());
    client_ = std::make_unique<RpcSide>(world_.wait(a_.network().connect("b:1")), capnp::rpc::twoparty::Side::CLIENT, nullptr);
    echo_ = client_->peer();
  }
  ~SimRpcTest() noexcept override {}

  Task<void> serve() {
    for (;;) {
      Accepted accepted = co_await listener_->accept();
      served_.push_back(std::make_unique<RpcSide>(kj::mv(accepted.stream), capnp::rpc::twoparty::Side::SERVER, kj::heap<EchoServer>()));
    }
  }
  kj::Promise<std::string> say(const std::string& text) {
    auto request = echo_.sayRequest();
    request.setText(text);
    return request.send().then([](auto&& response) { return std::string(response.getText().cStr()); });
  }
  bool fails_disconnected(kj::Promise<std::string> call) {
    return is_disconnected(call.then([](std::string&& text) { return text.size(); }));
  }

  SimMachine& a_ = world_.add_machine("a");
  SimMachine& b_ = world_.add_machine("b");
  kj::Own<Listener> listener_ = world_.wait(b_.network().listen("b:1"));
  std::vector<std::unique_ptr<RpcSide>> served_;
  std::unique_ptr<RpcSide> client_;
  Echo::Client echo_ = nullptr;
  Tasks tasks_;
};

TEST_F(SimRpcTest, calls_and_answers) {
  network_.set_link({.delay = {milliseconds(1), milliseconds(5)}, .window_bytes = 1000, .split_percent = 50});
  EXPECT_EQ(world_.wait(say("hello")), "hello");
  const std::string much(100'000, 'x');
  EXPECT_EQ(world_.wait(say(much)), much);
  EXPECT_GT(network_.counts().writes_waited, 0u);
  EXPECT_GT(network_.counts().sends_split, 0u);
}

TEST_F(SimRpcTest, fails_a_call_when_the_connection_is_cut_in_its_middle) {
  network_.set_delay({seconds(1), seconds(1)});
  EXPECT_EQ(world_.wait(say("before")), "before");
  auto call = say("lost");
  world_.run_for(milliseconds(1500));
  network_.cut("a", "b");
  EXPECT_TRUE(fails_disconnected(kj::mv(call)));
  EXPECT_TRUE(fails_disconnected(say("after")));
}

TEST_F(SimRpcTest, fails_a_call_when_the_server_is_killed) {
  network_.set_delay({seconds(1), seconds(1)});
  auto call = say("lost");
  world_.run_for(milliseconds(500));
  b_.kill_connections();
  served_.clear();
  EXPECT_TRUE(fails_disconnected(kj::mv(call)));
}

TEST_F(SimRpcTest, waits_for_the_answer_of_a_machine_without_power) {
  auto call = say("anybody?");
  b_.power_off();
  served_.clear();
  world_.run_for(std::chrono::hours(1));
  EXPECT_FALSE(call.poll(world_.scope()));
  b_.power_on(world_.random());
  EXPECT_TRUE(fails_disconnected(kj::mv(call)));
}

}  // namespace
}  // namespace varve
