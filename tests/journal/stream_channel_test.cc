#include "journal/stream_channel.h"

#include <gtest/gtest.h>
// After gtest.
#include <rapidcheck/gtest.h>

#include "base/sim/sim_world.h"
#include "tests/editlog/frame_source.h"
#include "tests/journal/raw_messages.h"
#include "tests/journal/recording_stream.h"

namespace varve {
namespace {

constexpr std::size_t kSizeMax = 3u << 20;

std::string text_of_size(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 31 + i / 512 + size) & 0xff);
  return text;
}

Bytes as_piece(const std::shared_ptr<std::string>& text) {
  return as_bytes(*text);
}

// Two channels, joined by a pipe or by a simulated network, or one channel and a peer that speaks raw bytes.
class StreamChannelTest : public ::testing::Test {
 protected:
  ~StreamChannelTest() noexcept override {}

  void join_by_pipe(ChannelLimits limits = {}) {
    auto pipe = kj::newTwoWayPipe();
    join(kj::mv(pipe.ends[0]), kj::mv(pipe.ends[1]), limits);
  }
  void join_by_network() {
    world_.network().set_delay({std::chrono::microseconds(20), std::chrono::microseconds(400)});
    auto listener = world_.wait(world_.network().listen("n1:1"));
    auto client = world_.wait(world_.network().connect("n1:1"));
    join(kj::mv(client), world_.wait(listener->accept()).stream, {});
  }
  // The sending end speaks raw bytes.
  void listen_to_raw(ChannelLimits limits = {}) {
    auto pipe = kj::newTwoWayPipe();
    raw_ = kj::mv(pipe.ends[0]);
    receiver_ = kj::heap<StreamChannel>(kj::heap<RecordingStream>(kj::mv(pipe.ends[1]), received_), "the peer", limits);
  }
  void join(kj::Own<kj::AsyncIoStream> a, kj::Own<kj::AsyncIoStream> b, ChannelLimits limits) {
    sender_ = kj::heap<StreamChannel>(kj::heap<RecordingStream>(kj::mv(a), sent_), "the receiver");
    receiver_ = kj::heap<StreamChannel>(kj::heap<RecordingStream>(kj::mv(b), received_), "the sender", limits);
  }

  void send(const std::shared_ptr<std::string>& payload, std::uint64_t number = 1) {
    sender_->send_bytes(head_of(StreamKind::kFrames, number), {as_piece(payload)}, {payload});
  }
  Result<StreamMessage> receive() { return world_.wait(receiver_->receive()); }
  StreamMessage receive_sound() { return varve::take(receive()); }
  ErrorCode refusal() {
    auto received = receive();
    EXPECT_FALSE(received);
    return received ? ErrorCode::kExists : received.error().code();
  }
  // Begins to write and lets go on whoever reads.
  void write_raw(std::string bytes) {
    raw_bytes_.push_back(std::make_unique<std::string>(std::move(bytes)));
    const std::string& kept = *raw_bytes_.back();
    raw_writes_.add(raw_->write(kept.data(), kept.size()).catch_([](kj::Exception&&) {}));
  }
  Task<void> write_in_pieces(std::string bytes, std::vector<std::size_t> sizes) {
    std::size_t offset = 0;
    for (std::size_t i = 0; offset < bytes.size(); ++i) {
      const std::size_t size =
          std::min(bytes.size() - offset, sizes.empty() ? bytes.size() : std::max<std::size_t>(1, sizes[i % sizes.size()]));
      co_await raw_->write(bytes.data() + offset, size);
      offset += size;
    }
  }

  SimWorld world_;
  std::shared_ptr<StreamRecord> sent_ = std::make_shared<StreamRecord>();
  std::shared_ptr<StreamRecord> received_ = std::make_shared<StreamRecord>();
  kj::Own<StreamChannel> sender_;
  kj::Own<StreamChannel> receiver_;
  kj::Own<kj::AsyncIoStream> raw_;
  std::vector<std::unique_ptr<std::string>> raw_bytes_;
  Tasks raw_writes_;
};

TEST_F(StreamChannelTest, a_reset_connection_is_an_error_of_the_receiver) {
  join_by_pipe();
  received_->reset = true;
  EXPECT_EQ(refusal(), ErrorCode::kClosed);
}

TEST_F(StreamChannelTest, a_reset_connection_lets_nobody_wait_for_what_cannot_be_sent) {
  join_by_pipe();
  sent_->reset = true;
  send(std::make_shared<std::string>(text_of_size(kSectorBytes)));
  world_.wait(sender_->when_unsent_below(0));
  EXPECT_EQ(sender_->unsent_bytes(), 0u);
}

TEST_F(StreamChannelTest, a_control_message_arrives_with_its_head) {
  join_by_pipe();
  StreamHead head = head_of(StreamKind::kStored, 77);
  head.set_position({TxId{5}, Epoch{6}, Digest{7, 8}});
  sender_->send(head, text_of_size(1000));
  const StreamMessage message = receive_sound();
  EXPECT_EQ(message.head.stream_kind(), StreamKind::kStored);
  EXPECT_EQ(message.head.number, 77u);
  EXPECT_EQ(message.head.position(), head.position());
  EXPECT_EQ(as_text(message.control()), text_of_size(1000));
  EXPECT_EQ(message.payload.size(), 1024u);
  EXPECT_TRUE(all_zero(message.payload.subspan(1000)));
}

TEST_F(StreamChannelTest, a_head_alone_is_a_message) {
  join_by_pipe();
  sender_->send(head_of(StreamKind::kAppend, 3));
  EXPECT_EQ(receive_sound().payload.size(), 0u);
}

TEST_F(StreamChannelTest, payloads_of_every_size_arrive_whole_and_aligned_over_a_pipe_and_over_a_network) {
  for (const bool network : {false, true}) {
    network ? join_by_network() : join_by_pipe();
    std::uint64_t number = 0;
    for (std::size_t size = 0; size <= kSizeMax; size += kSectorBytes * (1 + size / 20'000)) {
      const auto payload = std::make_shared<std::string>(text_of_size(size));
      send(payload, ++number);
      const StreamMessage message = receive_sound();
      ASSERT_EQ(message.head.number, number);
      ASSERT_TRUE(as_text(message.payload) == *payload) << size;
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(message.payload.data()) % kSectorBytes, 0u) << size;
    }
  }
}

TEST_F(StreamChannelTest, messages_in_random_splits_arrive_as_they_were_sent) {
  rc::check("messages in random splits", [this](const std::vector<std::uint16_t>& sectors, const std::vector<std::uint16_t>& splits) {
    listen_to_raw();
    std::string bytes;
    std::vector<std::string> payloads;
    for (std::uint16_t count : sectors) {
      payloads.push_back(text_of_size(count % 300 * kSectorBytes));
      bytes += frames_message(head_of(StreamKind::kFrames, payloads.size()), payloads.back());
    }
    std::vector<std::size_t> sizes(splits.begin(), splits.end());
    kj::Promise<void> writing = kj::Promise<void>(write_in_pieces(std::move(bytes), std::move(sizes))).eagerlyEvaluate(nullptr);
    std::vector<StreamMessage> kept;  // so that memory is never used again under them
    for (std::size_t i = 0; i < payloads.size(); ++i) kept.push_back(receive_sound());
    world_.wait(kj::mv(writing));
    for (std::size_t i = 0; i < payloads.size(); ++i) RC_ASSERT(as_text(kept[i].payload) == payloads[i]);
  });
}

TEST_F(StreamChannelTest, what_is_sent_in_one_turn_goes_out_with_one_write) {
  join_by_pipe();
  const auto payload = std::make_shared<std::string>(text_of_size(2048));
  sender_->send(head_of(StreamKind::kAnswer, 1), text_of_size(16));
  send(payload, 2);
  sender_->send(head_of(StreamKind::kStored, 3));
  world_.run_ready();
  EXPECT_EQ(sent_->writes.size(), 1u);
  for (std::uint64_t number = 1; number <= 3; ++number) EXPECT_EQ(receive_sound().head.number, number);
  EXPECT_EQ(sent_->bytes_written, 3 * kSectorBytes + kSectorBytes + 2048);
}

TEST_F(StreamChannelTest, frames_go_out_from_their_own_memory) {
  join_by_pipe();
  FrameSource source;
  const std::vector<FramePtr> frames{source.segment_start(), source.data({3000})};
  sender_->send(head_of(StreamKind::kAppend), frames);
  world_.run_ready();
  ASSERT_EQ(sent_->writes.size(), 1u);
  ASSERT_EQ(sent_->writes[0].size(), 3u);
  EXPECT_EQ(sent_->writes[0][1], frames[0]->bytes().data());
  EXPECT_EQ(sent_->writes[0][2], frames[1]->bytes().data());
}

TEST_F(StreamChannelTest, what_is_being_sent_is_kept_alive_and_then_let_go) {
  join_by_pipe();
  auto payload = std::make_shared<std::string>(text_of_size(4096));
  const std::weak_ptr<std::string> watch = payload;
  send(payload);
  payload.reset();
  world_.run_ready();
  EXPECT_FALSE(watch.expired());
  EXPECT_TRUE(as_text(receive_sound().payload) == text_of_size(4096));
  world_.run_ready();
  EXPECT_TRUE(watch.expired());
}

TEST_F(StreamChannelTest, messages_that_arrive_together_share_the_receiving_memory) {
  listen_to_raw();
  std::string bytes;
  for (std::uint64_t number = 1; number <= 4; ++number)
    bytes += frames_message(head_of(StreamKind::kFrames, number), text_of_size(1024 * number));
  write_raw(bytes);
  std::vector<StreamMessage> messages;
  for (int i = 0; i < 4; ++i) messages.push_back(receive_sound());
  for (int i = 1; i < 4; ++i)
    EXPECT_EQ(messages[i].payload.data(), messages[i - 1].payload.data() + messages[i - 1].payload.size() + kSectorBytes);
  for (int i = 1; i < 4; ++i) EXPECT_EQ(messages[i].keep, messages[0].keep);
}

TEST_F(StreamChannelTest, memory_that_nobody_holds_is_used_again) {
  listen_to_raw();
  std::set<const void*> places;
  for (int i = 0; i < 1000; ++i) {
    write_raw(frames_message(head_of(StreamKind::kFrames), text_of_size(1024)));
    places.insert(receive_sound().payload.data());
  }
  EXPECT_LE(places.size(), 2u);
}

TEST_F(StreamChannelTest, has_message_only_when_a_whole_one_is_here) {
  listen_to_raw();
  EXPECT_FALSE(receiver_->has_message());
  const std::string two =
      frames_message(head_of(StreamKind::kFrames, 1), text_of_size(512)) + frames_message(head_of(StreamKind::kFrames, 2), "");
  write_raw(two);
  receive_sound();
  EXPECT_TRUE(receiver_->has_message());
  receive_sound();
  EXPECT_FALSE(receiver_->has_message());
}

TEST_F(StreamChannelTest, a_message_above_its_limit_is_refused_before_its_payload_comes) {
  const ChannelLimits limits{.frames_bytes_max = 4096, .control_bytes_max = 1024};
  listen_to_raw(limits);
  write_raw(frames_message(head_of(StreamKind::kFrames), text_of_size(4096)));
  EXPECT_EQ(receive_sound().payload.size(), 4096u);
  StreamHead head = head_of(StreamKind::kFrames);
  head.payload_bytes = 4608;
  write_raw(sealed(head));
  EXPECT_EQ(refusal(), ErrorCode::kTooLarge);

  listen_to_raw(limits);
  head.payload_bytes = 1536;
  head.control_bytes = 8;
  write_raw(sealed(head));
  EXPECT_EQ(refusal(), ErrorCode::kTooLarge);
}

TEST_F(StreamChannelTest, a_head_that_claims_a_gibibyte_takes_memory_only_as_bytes_come) {
  listen_to_raw();
  StreamHead head = head_of(StreamKind::kFrames);
  head.payload_bytes = 1u << 30;
  write_raw(sealed(head));
  kj::Promise<Result<StreamMessage>> receiving = receiver_->receive();
  world_.run_ready();
  EXPECT_LE(received_->room_max, 1u << 20);
  write_raw(text_of_size(3u << 20));
  world_.run_ready();
  EXPECT_LE(received_->room_max, 8u << 20);
  raw_->shutdownWrite();
  auto received = world_.wait(kj::mv(receiving));
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().text(), "the peer closed the connection in the middle of a message");
}

TEST_F(StreamChannelTest, closed_between_messages_and_in_the_middle_are_told_apart) {
  const std::string message = frames_message(head_of(StreamKind::kFrames), text_of_size(1024));
  for (std::size_t length = 0; length < message.size(); length += 7) {
    listen_to_raw();
    raw_writes_.clear();
    if (length > 0) write_raw(message.substr(0, length));
    world_.run_ready();
    kj::Promise<Result<StreamMessage>> receiving = receiver_->receive();
    world_.run_ready();
    raw_ = nullptr;
    auto received = world_.wait(kj::mv(receiving));
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code(), ErrorCode::kClosed);
    EXPECT_EQ(received.error().text().find("in the middle") != std::string::npos, length > 0) << received.error().text();
  }
}

TEST_F(StreamChannelTest, every_flipped_byte_of_a_head_and_of_a_control_message_is_found) {
  const std::string control = text_of_size(64);
  const std::string message = control_message(head_of(StreamKind::kAnswer), control);
  for (std::size_t i = 0; i < kSectorBytes + control.size(); ++i) {
    listen_to_raw();
    raw_writes_.clear();
    std::string damaged = message;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    write_raw(damaged);
    EXPECT_EQ(refusal(), ErrorCode::kDamaged) << "byte " << i;
  }
}

TEST_F(StreamChannelTest, random_bytes_are_refused_and_never_waited_on_after_a_sector) {
  rc::check("random bytes", [this](std::string bytes) {
    bytes.resize(kSectorBytes + bytes.size(), 'x');
    listen_to_raw();
    raw_writes_.clear();
    write_raw(bytes);
    RC_ASSERT(refusal() == ErrorCode::kDamaged);
  });
}

TEST_F(StreamChannelTest, unsent_bytes_are_counted_until_the_system_takes_them) {
  join_by_pipe();
  EXPECT_EQ(sender_->unsent_bytes(), 0u);
  const auto payload = std::make_shared<std::string>(text_of_size(8192));
  send(payload, 1);
  send(payload, 2);
  EXPECT_EQ(sender_->unsent_bytes(), 2 * (8192 + kSectorBytes));
  world_.run_ready();
  EXPECT_EQ(sender_->unsent_bytes(), 2 * (8192 + kSectorBytes)) << "nobody has read yet";
  receive_sound();
  receive_sound();
  world_.run_ready();
  EXPECT_EQ(sender_->unsent_bytes(), 0u);
}

TEST_F(StreamChannelTest, when_unsent_below_waits_for_a_reader_that_is_slow) {
  join_by_pipe();
  const auto payload = std::make_shared<std::string>(text_of_size(8192));
  send(payload, 1);
  world_.run_ready();  // under way
  send(payload, 2);    // behind it
  kj::Promise<void> below = sender_->when_unsent_below(8192 + kSectorBytes);
  kj::Promise<void> nothing = sender_->when_unsent_below(0);
  EXPECT_FALSE(below.poll(world_.scope()));
  receive_sound();
  EXPECT_TRUE(below.poll(world_.scope()));
  EXPECT_FALSE(nothing.poll(world_.scope()));
  receive_sound();
  EXPECT_TRUE(nothing.poll(world_.scope()));
}

TEST_F(StreamChannelTest, a_broken_connection_wakes_the_sender_and_takes_nothing_more) {
  join_by_pipe();
  auto payload = std::make_shared<std::string>(text_of_size(8192));
  send(payload, 1);
  kj::Promise<void> below = sender_->when_unsent_below(0);
  EXPECT_FALSE(below.poll(world_.scope()));
  receiver_ = nullptr;
  EXPECT_TRUE(below.poll(world_.scope()));
  send(payload, 2);
  EXPECT_EQ(sender_->unsent_bytes(), 0u);
  EXPECT_EQ(payload.use_count(), 1) << "nothing is kept for nobody";
  EXPECT_TRUE(sender_->when_unsent_below(0).poll(world_.scope()));
  auto received = world_.wait(sender_->receive());
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code(), ErrorCode::kClosed);
}

TEST_F(StreamChannelTest, a_connection_that_the_network_breaks_is_closed_for_both) {
  join_by_network();
  kj::Promise<Result<StreamMessage>> receiving = receiver_->receive();
  send(std::make_shared<std::string>(text_of_size(8192)));
  world_.network().cut("n1:1");
  auto received = world_.wait(kj::mv(receiving));
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code(), ErrorCode::kClosed);
  send(std::make_shared<std::string>(text_of_size(512)));
  world_.run_for(std::chrono::seconds(1));
  EXPECT_EQ(sender_->unsent_bytes(), 0u);
}

TEST_F(StreamChannelTest, destroyed_while_it_sends_and_receives_it_lets_everything_go) {
  join_by_pipe();
  auto payload = std::make_shared<std::string>(text_of_size(8192));
  for (int i = 0; i < 1000; ++i) send(payload);
  world_.run_ready();
  for (int i = 0; i < 1000; ++i) send(payload);
  { kj::Promise<Result<StreamMessage>> receiving = sender_->receive(); }
  sender_ = nullptr;
  EXPECT_EQ(payload.use_count(), 1);
}

}  // namespace
}  // namespace varve
