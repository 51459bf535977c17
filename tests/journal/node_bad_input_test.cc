// Any bytes, from anybody, at a node's port: a clear refusal or the end of the connection; the node lives, and honest writers go on.
#include <fmt/format.h>

#include "base/sim/sim_random.h"
#include "tests/journal/node_fixture.h"

namespace varve {
namespace {

using std::chrono::seconds;

class NodeBadInput : public NodeFixture {
 protected:
  void TearDown() override {
    if (HasFatalFailure()) return;
    pass(seconds(65));
    EXPECT_EQ(connections(), 0u) << "all that was opened is closed in the end";
    EXPECT_TRUE(honest_writer_goes_on("rm"));
    EXPECT_TRUE(honest_writer_goes_on("other"));
    node_ = nullptr;
  }
  static std::string random_bytes(SimRandom& random, std::size_t size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    return bytes;
  }
  static std::string open_message(const wire::Open& open) { return control_message(head_of(StreamKind::kOpen), wire::encode(open)); }
};

TEST_F(NodeBadInput, other_protocols_are_closed_within_the_patience) {
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\nHost: n1\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(506, 'r'), std::string("SSH-2.0-OpenSSH\r\n"),
        std::string(1, '\0'), std::string(100'000, '\0'), std::string(100'000, '\xff')})
    EXPECT_TRUE(closes_within(seconds(11), text));
  EXPECT_GE(refused_connections(), 6u);
}

TEST_F(NodeBadInput, a_sector_that_is_no_head_is_closed_at_once) {
  SimRandom random(20261123);
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(closes_within(seconds(1), random_bytes(random, 512 + random.below(3000))));
}

TEST_F(NodeBadInput, half_a_head_and_half_a_message_are_given_up) {
  const std::string message = open_message(opening());
  for (const std::size_t length : {std::size_t{1}, std::size_t{511}, std::size_t{512}, std::size_t{600}, message.size() - 1})
    EXPECT_TRUE(closes_within(seconds(11), message.substr(0, length))) << length;
}

TEST_F(NodeBadInput, connections_that_say_nothing_are_closed_and_do_not_pile_up) {
  std::vector<kj::Own<kj::AsyncIoStream>> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(connect());
  pass(seconds(1));
  EXPECT_EQ(connections(), 50u);
  pass(seconds(10));
  EXPECT_EQ(connections(), 0u);
}

TEST_F(NodeBadInput, connections_above_the_limit_are_closed_at_once_and_the_others_are_served) {
  options_.connections_max = 8;
  start();
  std::vector<kj::Own<kj::AsyncIoStream>> silent;
  for (int i = 0; i < 7; ++i) silent.push_back(connect());
  pass(std::chrono::milliseconds(100));
  EXPECT_EQ(refusal_of(opening()), ErrorCode::kExists);
  silent.push_back(connect());
  pass(std::chrono::milliseconds(100));
  EXPECT_EQ(connections(), 8u);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(closes_within(std::chrono::milliseconds(100), ""));
  EXPECT_EQ(connections(), 8u);
}

TEST_F(NodeBadInput, an_opening_of_absurd_length_is_closed_before_its_payload_comes) {
  for (const std::uint64_t control : {std::uint64_t{8}, std::uint64_t{0}})
    for (const std::uint64_t payload : {std::uint64_t{1} << 20, std::uint64_t{1} << 30, std::uint64_t{1} << 62}) {
      StreamHead head = head_of(StreamKind::kOpen);
      head.control_bytes = control;
      head.payload_bytes = payload;
      EXPECT_TRUE(closes_within(std::chrono::milliseconds(100), sealed(head))) << payload;
    }
}

TEST_F(NodeBadInput, every_first_message_but_an_opening_is_closed) {
  for (auto kind = static_cast<std::uint16_t>(StreamKind::kOpened); kind <= static_cast<std::uint16_t>(StreamKind::kFrames); ++kind)
    EXPECT_TRUE(closes_within(seconds(1), control_message(head_of(static_cast<StreamKind>(kind)), wire::encode(opening()))));
}

TEST_F(NodeBadInput, an_opening_that_does_not_decode_is_refused) {
  SimRandom random(7);
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(closes_within(seconds(11), control_message(head_of(StreamKind::kOpen), random_bytes(random, 8 * (1 + random.below(50))))));
}

TEST_F(NodeBadInput, a_second_opening_ends_the_connection) {
  for (const wire::Open& open : {opening(), to_append(Epoch{5}, {1, 1})})
    EXPECT_TRUE(closes_within(seconds(1), open_message(open) + open_message(open)));
}

TEST_F(NodeBadInput, journals_that_are_not_here_or_are_others_are_refused) {
  EXPECT_EQ(refusal_of(to_append(Epoch{1}, {1, 1}, "unknown")), ErrorCode::kNotFound);
  wire::Open open = opening("unknown");
  open.kind = wire::OpenRead{};
  EXPECT_EQ(refusal_of(open), ErrorCode::kNotFound);
  open = to_append(Epoch{1}, {1, 1});
  open.namespace_id = kOtherNamespace;
  EXPECT_EQ(refusal_of(open), ErrorCode::kForeign);
  open = to_append(Epoch{1}, {1, 1});
  open.lineage = kTestLineage + 1;
  EXPECT_EQ(refusal_of(open), ErrorCode::kForeign);
}

TEST_F(NodeBadInput, a_writer_that_does_not_say_of_which_namespace_it_is_is_refused) {
  wire::Open open = to_append(Epoch{1}, {1, 1});
  open.namespace_id = {};
  EXPECT_EQ(refusal_of(open), ErrorCode::kForeign);
}

TEST_F(NodeBadInput, names_that_no_journal_can_have_are_refused_in_one_short_line) {
  for (const std::string& name :
       {std::string("../rm"), std::string("."), std::string("a\nb"), std::string("rm\0", 3), std::string(100'000, 'x')}) {
    auto opened = world_.wait(open_connection(client(), kNodeAddress, opening(name), seconds(30)));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_LT(opened.error().text().size(), 400u);
    EXPECT_EQ(opened.error().text().find('\n'), std::string::npos);
  }
}

TEST_F(NodeBadInput, a_writer_with_an_endless_name_is_refused) {
  wire::Open open = to_append(Epoch{1}, {1, 1});
  std::get<wire::OpenAppend>(open.kind).writer_name.assign(50'000, 'x');
  EXPECT_EQ(refusal_of(open), ErrorCode::kInvalidArgument);
}

TEST_F(NodeBadInput, an_old_epoch_and_another_writer_of_the_same_one_are_fenced_at_the_opening) {
  ASSERT_TRUE(ask("rm", wire::PromiseRequest{Epoch{5}, {1, 1}, false}));
  EXPECT_EQ(refusal_of(to_append(Epoch{4}, {1, 1})), ErrorCode::kFenced);
  EXPECT_EQ(refusal_of(to_append(Epoch{5}, {2, 2})), ErrorCode::kFenced);
  EXPECT_EQ(refusal_of(to_append(Epoch{5}, {1, 1})), ErrorCode::kExists);
  EXPECT_EQ(refusal_of(wire::Request(wire::PromiseRequest{Epoch{4}, {1, 1}, true})), ErrorCode::kFenced);
  EXPECT_EQ(refusal_of(wire::Request(wire::PromiseRequest{Epoch{5}, {2, 2}, true})), ErrorCode::kFenced);
}

TEST_F(NodeBadInput, an_epoch_that_leaps_is_refused) {
  const std::uint64_t leap = (std::uint64_t{1} << 32) + 1;
  EXPECT_EQ(refusal_of(wire::Request(wire::PromiseRequest{Epoch{leap}, {1, 1}, true})), ErrorCode::kRefused);
  EXPECT_EQ(refusal_of(wire::Request(wire::PromiseRequest{Epoch{~std::uint64_t{0}}, {1, 1}, true})), ErrorCode::kRefused);
  AppendConnection writer(world_, client());
  writer.open(to_append(Epoch{leap}, {1, 1}));
  writer.append(copy().log()->end(), {});
  EXPECT_EQ(writer.refusal(), ErrorCode::kRefused);
  EXPECT_EQ(copy().log()->promised(), Epoch{0});
  EXPECT_EQ(refusal_of(wire::Request(wire::PromiseRequest{Epoch{leap - 1}, {1, 1}, false})), ErrorCode::kExists);
}

TEST_F(NodeBadInput, epoch_zero_is_nobodys) {
  EXPECT_EQ(refusal_of(wire::Request(wire::PromiseRequest{Epoch{0}, {}, false})), ErrorCode::kRefused);
  EXPECT_NE(refusal_of(to_append(Epoch{0}, {})), ErrorCode::kExists);
}

TEST_F(NodeBadInput, requests_that_do_not_decode_are_refused_and_the_connection_goes_on) {
  auto opened = take(world_.wait(open_connection(client(), kNodeAddress, opening(), seconds(30))));
  SimRandom random(9);
  for (std::uint64_t number = 1; number <= 300; ++number) {
    opened.channel->send(head_of(StreamKind::kRequest, number), random_bytes(random, 8 * random.below(60)));
    const StreamMessage answer = take(world_.wait(opened.channel->receive()));
    EXPECT_EQ(answer.head.stream_kind(), StreamKind::kAnswer);
    EXPECT_EQ(answer.head.number, number);
    EXPECT_TRUE(wire::decode_answer(answer.control()));
  }
}

TEST_F(NodeBadInput, requests_with_nonsense_get_a_refusal) {
  EXPECT_EQ(refusal_of(wire::Request(wire::PurgeRequest{Epoch{0}, {7, 7}, TxId{~std::uint64_t{0}}})), ErrorCode::kFenced);
  EXPECT_EQ(refusal_of(wire::Request(wire::OutcomeRequest{Ticket{}})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal_of(wire::Request(wire::OutcomeRequest{Ticket{TxId{~std::uint64_t{0}}, Epoch{~std::uint64_t{0}}, {}}})),
            ErrorCode::kExists);
  EXPECT_EQ(refusal_of(wire::Request(wire::ChangeRequest{wire::AddMember{{1, 2}, "n9:1"}, true})), ErrorCode::kNotFound);
  for (const wire::Request& request : {wire::Request(wire::StateRequest{}), wire::Request(wire::SegmentsRequest{})})
    EXPECT_EQ(refusal_of(request, ""), ErrorCode::kNotFound);
}

TEST_F(NodeBadInput, formats_with_nonsense_are_refused_and_leave_nothing) {
  const auto refused = [this](wire::FormatRequest request, const std::string& name = "fresh") {
    const ErrorCode code = refusal_of(wire::Request(std::move(request)), name);
    EXPECT_FALSE(disk().exists("/journal/" + name + "/slots"));
    return code;
  };
  wire::FormatRequest request = format_request();
  request.start.configuration.assign(kConfigurationBytesMax + 1, 'x');
  EXPECT_EQ(refused(request), ErrorCode::kInvalidArgument);
  request = format_request();
  request.start.configuration = "nonsense";
  EXPECT_EQ(refused(request), ErrorCode::kInvalidArgument);
  request = format_request();
  request.namespace_id = {};
  EXPECT_EQ(refused(request), ErrorCode::kInvalidArgument);
  request = format_request();
  request.disk = {};
  EXPECT_EQ(refused(request), ErrorCode::kInvalidArgument);
  request = format_request();
  request.start.position.txid = TxId{~std::uint64_t{0}};
  EXPECT_EQ(refused(request), ErrorCode::kInvalidArgument);
  request = format_request();
  request.start.position.epoch = Epoch{4};
  EXPECT_EQ(refused(request), ErrorCode::kInvalidArgument) << "an epoch before the first transaction";
  EXPECT_EQ(refusal_of(wire::Request(format_request()), ""), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal_of(wire::Request(format_request({9, 9}))), ErrorCode::kExists);
  EXPECT_EQ(node_->journals(), (std::vector<std::string>{"other", "rm"}));
}

// --- Clients that ask and do not listen ---

TEST_F(NodeBadInput, a_client_that_never_reads_its_answers_is_not_read_from_either) {
  std::string requests = open_message(opening());
  for (std::uint64_t number = 1; number <= 20'000; ++number)
    requests += control_message(head_of(StreamKind::kRequest, number), wire::encode(wire::Request(wire::StateRequest{})));
  kj::Own<kj::AsyncIoStream> stream = connect();
  kj::Promise<void> writing = stream->write(requests.data(), requests.size()).eagerlyEvaluate(nullptr);
  pass(seconds(10));
  EXPECT_FALSE(writing.poll(world_.scope())) << "20 MB of answers wait in the node's memory";
}

TEST_F(NodeBadInput, a_writer_that_never_reads_its_answers_is_not_read_from_either) {
  std::string appends = open_message(to_append(Epoch{1}, {1, 1}));
  for (std::uint64_t number = 1; number <= 50'000; ++number) {
    StreamHead head = head_of(StreamKind::kAppend, number);
    head.set_position({TxId{77}, Epoch{1}, Digest{1, 1}});  // not here: answered by the whole state
    appends += sealed(head);
  }
  kj::Own<kj::AsyncIoStream> stream = connect();
  kj::Promise<void> writing = stream->write(appends.data(), appends.size()).eagerlyEvaluate(nullptr);
  pass(seconds(10));
  EXPECT_FALSE(writing.poll(world_.scope())) << "50 MB of answers wait in the node's memory";
}

TEST_F(NodeBadInput, a_reader_that_never_reads_is_closed_in_the_end) {
  ASSERT_TRUE(honest_writer_goes_on());
  AppendConnection writer(world_, client());
  const Epoch epoch{copy().log()->promised().value + 1};
  LogPosition before = copy().log()->end();
  before.epoch = Epoch{epoch.value - 1};
  FrameSource source(before);
  writer.open(to_append(epoch, {8, 8}));
  for (int i = 0; i < 8; ++i) {
    const LogPosition prev = source.end();
    const FramePtr frame = i == 0 ? source.epoch_start() : source.data({900'000});
    writer.append({prev.txid, prev.epoch, prev.digest}, {frame}, prev.txid);
    ASSERT_TRUE(writer.is_stored(source.end()));
  }
  wire::Open open = opening();
  open.kind = wire::OpenRead{{copy().log()->start().position}, {}};
  const std::string message = open_message(open);
  kj::Own<kj::AsyncIoStream> stream = connect();
  world_.wait(stream->write(message.data(), message.size()));
  pass(seconds(1));
  EXPECT_EQ(connections(), 2u);
  pass(seconds(60));
  EXPECT_LE(connections(), 1u) << "its frames stay in the node's memory for ever";
}

TEST_F(NodeBadInput, connections_that_fall_silent_after_their_opening_are_closed_in_the_end) {
  std::vector<kj::Own<kj::AsyncIoStream>> silent;
  const std::string whole =
      open_message(opening()) + control_message(head_of(StreamKind::kRequest), wire::encode(wire::Request(wire::StateRequest{})));
  for (const std::string& begun : {open_message(to_append(Epoch{1}, {1, 1})), open_message(to_append(Epoch{1}, {1, 1})) + "half a head",
                                   whole.substr(0, whole.size() - 8)}) {
    silent.push_back(connect());
    world_.wait(silent.back()->write(begun.data(), begun.size()));
  }
  pass(seconds(5));
  EXPECT_EQ(connections(), 3u);
  pass(seconds(115));
  EXPECT_EQ(connections(), 0u);
}

}  // namespace
}  // namespace varve
