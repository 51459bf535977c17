// A journal node on a simulated machine, an honest writer, and clients that are not.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/sim/sim_world.h"
#include "journal/journal_node.h"
#include "journal/node_connection.h"
#include "tests/editlog/frame_source.h"
#include "tests/journal/raw_messages.h"

namespace varve {

inline constexpr std::uint64_t kTestLineage = 3;  // FrameSource's
inline const std::string kNodeAddress = "n1:8485";

class NodeFixture : public ::testing::Test {
 protected:
  NodeFixture() {
    world_.add_machine("n1");
    world_.add_machine("rm1");
    options_.name = "n1";
    options_.directory = "/journal";
    options_.listen = kNodeAddress;
    options_.log.segment_bytes = 64u << 10;
    options_.log.disk_reserve_bytes = 0;
  }
  ~NodeFixture() noexcept override {}

  void SetUp() override {
    start();
    for (const char* name : {"rm", "other"}) ASSERT_TRUE(format(name));
  }
  void start() {
    node_ = nullptr;
    node_ = varve::take(world_.wait(JournalNode::start(world_.machine("n1").seams(), options_)));
  }
  Seams client() { return world_.machine("rm1").seams(); }
  SimDisk& disk() { return world_.machine("n1").disk(); }
  JournalCopy& copy(const std::string& journal = "rm") { return *node_->copy(journal); }
  void pass(std::chrono::nanoseconds time) { world_.run_for(time); }
  std::uint64_t connections() { return world_.wait(node_->status()).connections; }
  std::uint64_t refused_connections() { return world_.wait(node_->status()).refused_connections; }

  static Configuration one_member(Uuid disk) { return Configuration{TxId{0}, {{disk, kNodeAddress, MemberRole::kVoter}}, 0}; }
  static wire::FormatRequest format_request(Uuid disk = {5, 6}) {
    wire::FormatRequest request;
    request.namespace_id = kTestNamespace;
    request.lineage = kTestLineage;
    request.disk = disk;
    request.start.configuration = encode(one_member(disk));
    request.start.position.digest = digest_of_new_start(kTestNamespace, kTestLineage, request.start.configuration);
    return request;
  }
  Result<wire::Answer> format(const std::string& journal) { return ask(journal, format_request()); }

  static wire::Open opening(const std::string& journal = "rm") { return {journal, kTestNamespace, kTestLineage, wire::OpenControl{}}; }
  static wire::Open to_append(Epoch epoch, Uuid writer, const std::string& journal = "rm") {
    wire::Open open = opening(journal);
    open.kind = wire::OpenAppend{epoch, writer, "writer", "host"};
    return open;
  }
  // What the node refuses it with; kExists: it does not.
  ErrorCode refusal_of(wire::Open open) {
    auto opened = world_.wait(open_connection(client(), kNodeAddress, std::move(open), std::chrono::seconds(30)));
    return opened ? ErrorCode::kExists : opened.error().code();
  }
  // On a connection of its own.
  Result<wire::Answer> ask(const std::string& journal, wire::Request request) {
    wire::Open open = opening(journal);
    open.namespace_id = {};
    auto connection = world_.wait(NodeConnection::open(client(), kNodeAddress, std::move(open), std::chrono::seconds(30)));
    if (!connection) return tl::unexpected(connection.error());
    return world_.wait((*connection)->ask(std::move(request)));
  }
  ErrorCode refusal_of(wire::Request request, const std::string& journal = "rm") {
    auto answer = ask(journal, std::move(request));
    return answer ? ErrorCode::kExists : answer.error().code();
  }

  kj::Own<kj::AsyncIoStream> connect() { return world_.wait(client().network.connect(kNodeAddress)); }
  static Task<bool> read_to_end(kj::AsyncIoStream& stream) {
    std::array<char, 4096> buffer;
    std::size_t got = 1;
    try {
      while (got > 0) got = co_await stream.tryRead(buffer.data(), 1, buffer.size());
    } catch (const kj::Exception& exception) {
      (void)exception;
    }
    co_return true;
  }
  // The node ends a connection on which these bytes came, and nothing more, within this time.
  bool closes_within(std::chrono::nanoseconds time, const std::string& bytes) {
    kj::Own<kj::AsyncIoStream> stream = connect();
    kj::Promise<void> writing = stream->write(bytes.data(), bytes.size()).catch_([](kj::Exception&&) {}).eagerlyEvaluate(nullptr);
    kj::Promise<bool> closing = read_to_end(*stream);
    return world_.wait(closing.exclusiveJoin(client().clock.after(time).then([] { return false; })));
  }

  // Takes a new epoch, and appends a transaction that is acknowledged and committed.
  ::testing::AssertionResult honest_writer_goes_on(const std::string& journal = "rm") {
    auto done = world_.wait(reign_once(journal));
    node_->check_invariants();
    return done ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << journal << ": " << done.error().text();
  }
  Task<Result<void>> reign_once(std::string journal) {
    const std::chrono::nanoseconds patience = std::chrono::seconds(30);
    CO_ASSIGN_OR_RETURN(auto control, co_await NodeConnection::open(client(), kNodeAddress, opening(journal), patience));
    const auto* before = std::get_if<wire::CopyState>(&control->opened());
    if (before == nullptr) co_return fail(ErrorCode::kNotFound, "the node does not serve the journal");
    const Epoch epoch{before->promised.value + 1};
    const Uuid writer = client().random.uuid();
    wire::Request promise = wire::PromiseRequest{epoch, writer, false};
    CO_ASSIGN_OR_RETURN(const wire::Answer promised, co_await control->ask(std::move(promise)));
    LogPosition end = std::get<wire::CopyState>(promised).end();
    wire::Open open = to_append(epoch, writer, journal);
    CO_ASSIGN_OR_RETURN(OpenedConnection connection, co_await open_connection(client(), kNodeAddress, std::move(open), patience));

    LogPosition in_reign = end;
    in_reign.epoch = epoch;
    FrameSource source(in_reign);
    std::vector<FramePtr> frames;
    if (copy(journal).log()->needs_segment()) frames.push_back(source.segment_start());
    frames.push_back(source.seal(FrameKind::kEpochStart, false, {encode(EpochStart{.writer = writer, .name = "writer", .host = "host"})}));
    frames.push_back(source.data({100}));
    const LogPosition last = source.end();
    StreamHead head = head_of(StreamKind::kAppend, 1);
    head.set_position(end);
    connection.channel->send(head, std::move(frames));
    CO_TRY(co_await expect_stored(*connection.channel, 1, last));
    head = head_of(StreamKind::kAppend, 2);
    head.set_position(last);
    head.committed = last.txid.value;
    connection.channel->send(head);
    CO_TRY(co_await expect_stored(*connection.channel, 2, last));
    if (copy(journal).log()->committed() != last) co_return fail(ErrorCode::kIo, "it was not committed");
    co_return ok();
  }
  Task<Result<void>> expect_stored(StreamChannel& channel, std::uint64_t number, LogPosition last) {
    kj::Promise<Result<StreamMessage>> receiving = channel.receive();
    CO_ASSIGN_OR_RETURN(const StreamMessage answer,
                        co_await within(client().clock, std::chrono::seconds(120), kj::mv(receiving), "waiting for kStored"));
    if (answer.head.stream_kind() == StreamKind::kRefused) {
      CO_ASSIGN_OR_RETURN(const wire::Refusal refusal, wire::decode_refusal(answer.control()));
      co_return fail(refusal.error());
    }
    if (answer.head.stream_kind() != StreamKind::kStored || answer.head.number != number || answer.head.position() != last)
      co_return fail(ErrorCode::kDamaged, "another answer than kStored, or of something else");
    co_return ok();
  }

  SimWorld world_;
  NodeOptions options_;
  kj::Own<JournalNode> node_;
};

// A writer's connection that says what the test wants, and hears what the node makes of it.
class AppendConnection {
 public:
  AppendConnection(SimWorld& world, Seams client) : world_(world), client_(client) {}
  ~AppendConnection() noexcept {}

  void open(wire::Open open, const std::string& address = kNodeAddress) {
    connection_ = varve::take(world_.wait(open_connection(client_, address, std::move(open), std::chrono::seconds(30))));
  }
  void send(StreamHead head, std::vector<FramePtr> frames) { channel().send(head, std::move(frames)); }
  void send(wire::Order order) { channel().send(head_of(StreamKind::kOrder, ++number_), wire::encode(order)); }
  void append(LogPosition prev, std::vector<FramePtr> frames, TxId committed = {}) {
    StreamHead head = head_of(StreamKind::kAppend, ++number_);
    head.set_position(prev);
    head.committed = committed.value;
    channel().send(head, std::move(frames));
  }
  // Frames as bytes, whatever they are.
  void append_bytes(LogPosition prev, const std::string& bytes) {
    auto kept = std::make_shared<std::string>(bytes);
    StreamHead head = head_of(StreamKind::kAppend, ++number_);
    head.set_position(prev);
    channel().send_bytes(head, {as_bytes(*kept)}, {kept});
  }
  // Nothing but the end of the connection: nullopt.
  std::optional<StreamMessage> answer() {
    while (true) {
      kj::Promise<Result<StreamMessage>> receiving = channel().receive();
      auto message = world_.wait(within(client_.clock, std::chrono::minutes(5), kj::mv(receiving), "an answer"));
      if (message && message->head.number == 0 && message->head.stream_kind() == StreamKind::kStored) continue;  // a sign of life
      if (message) return *message;
      EXPECT_EQ(message.error().code(), ErrorCode::kClosed) << message.error().text();
      return std::nullopt;
    }
  }
  bool is_closed() { return !answer(); }
  bool is_stored(const LogPosition& position) {
    const auto message = answer();
    return message && message->head.stream_kind() == StreamKind::kStored && message->head.number == number_ &&
           message->head.position() == position;
  }
  bool is_mismatch() {
    const auto message = answer();
    return message && message->head.stream_kind() == StreamKind::kMismatch && wire::decode_copy_state(message->control());
  }
  // kExists: it was not refused.
  ErrorCode refusal() {
    const auto message = answer();
    if (!message || message->head.stream_kind() != StreamKind::kRefused) return ErrorCode::kExists;
    refused_ = varve::take(wire::decode_refusal(message->control()));
    return refused_.code;
  }
  const wire::Refusal& refused() const { return refused_; }
  StreamChannel& channel() { return *connection_.channel; }

 private:
  SimWorld& world_;
  Seams client_;
  OpenedConnection connection_;
  std::uint64_t number_ = 0;
  wire::Refusal refused_;
};

}  // namespace varve
