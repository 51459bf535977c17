#include "journal/stall_guard.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/real/real_seams.h"
#include "base/sim/sim_world.h"
#include "base/tasks.h"
#include "journal/node_connection.h"

namespace varve {
namespace {

constexpr std::chrono::seconds kPatience{10};

// A channel under guard, whose peer speaks raw bytes.
class StallGuardTest : public ::testing::Test {
 protected:
  StallGuardTest() {
    tasks_.add(kj::Promise<Result<StreamMessage>>(channel_.receive()).then([](Result<StreamMessage>&&) {}));
    tasks_.add(kj::Promise<Error>(when_stalled(world_.clock(), channel_, kPatience)).then([this](Error&& error) { ended_ = error; }));
  }
  ~StallGuardTest() noexcept override {}

  void peer_sends(std::size_t from, std::size_t bytes) { world_.wait(pipe_.ends[1]->write(bytes_of(head_).data() + from, bytes)); }
  bool ended_after(std::chrono::nanoseconds time) {
    world_.run_for(time);
    return ended_.has_value();
  }

  SimWorld world_;
  kj::TwoWayPipe pipe_ = kj::newTwoWayPipe();
  StreamHead head_ = control_head(StreamKind::kStored, 1);
  StreamChannel channel_{kj::mv(pipe_.ends[0]), "the peer"};
  std::optional<Error> ended_;
  Tasks tasks_;
};

TEST_F(StallGuardTest, ends_a_connection_that_stops_in_the_middle_of_a_message) {
  peer_sends(0, 100);
  EXPECT_TRUE(ended_after(3 * kPatience));
  EXPECT_EQ(ended_->code(), ErrorCode::kIo);
}

TEST_F(StallGuardTest, ends_a_connection_whose_peer_reads_nothing) {
  channel_.send(head_);
  EXPECT_TRUE(ended_after(3 * kPatience));
}

TEST_F(StallGuardTest, has_patience_with_an_idle_connection) {
  EXPECT_FALSE(ended_after(20 * kPatience));
}

TEST_F(StallGuardTest, has_patience_with_a_slow_one) {
  for (std::size_t at = 0; at + 8 < sizeof(StreamHead); at += 8) {
    peer_sends(at, 8);
    ASSERT_FALSE(ended_after(kPatience / 2));
  }
}

// Messages without end between two channels of one loop: something is always ready.
class EndlessMessages {
 public:
  kj::Promise<void> send_until(const bool& stop) { return do_send(stop); }
  bool given_up() const { return sent_ == kMessagesMax; }

 private:
  static constexpr std::uint64_t kMessagesMax = 1'000'000;  // so that a loop that starves fails and does not hang

  Task<void> do_send(const bool& stop) {
    while (!stop && ++sent_ < kMessagesMax) {
      sender_.send(control_head(StreamKind::kStored, sent_));
      auto received = co_await receiver_.receive();
      CHECK(received && received->head.number == sent_);
    }
  }

  kj::TwoWayPipe pipe_ = kj::newTwoWayPipe();
  StreamChannel sender_{kj::mv(pipe_.ends[0]), "the receiver"};
  StreamChannel receiver_{kj::mv(pipe_.ends[1]), "the sender"};
  std::uint64_t sent_ = 0;
};

TEST(BusyLoop, does_not_hold_up_the_time_out_of_a_call) {
  RealSeams real;
  EndlessMessages messages;
  bool timed_out = false;
  kj::Promise<Result<void>> never = kj::NEVER_DONE;
  auto call = within(real.seams().clock, std::chrono::milliseconds(20), kj::mv(never), "asking")
                  .then([&](Result<void>&& answer) { timed_out = !answer; })
                  .eagerlyEvaluate(nullptr);
  real.mailbox().run_until(messages.send_until(timed_out));
  EXPECT_TRUE(timed_out);
  EXPECT_FALSE(messages.given_up());
}

Task<void> beat(Clock& clock, int& beats, bool& stop) {
  for (; beats < 5; ++beats) co_await clock.after(std::chrono::milliseconds(5));
  stop = true;
}

TEST(BusyLoop, does_not_hold_up_heartbeats) {
  RealSeams real;
  EndlessMessages messages;
  int beats = 0;
  bool stop = false;
  const auto beating = kj::Promise<void>(beat(real.seams().clock, beats, stop)).eagerlyEvaluate(nullptr);
  real.mailbox().run_until(messages.send_until(stop));
  EXPECT_EQ(beats, 5);
  EXPECT_FALSE(messages.given_up());
}

}  // namespace
}  // namespace varve
