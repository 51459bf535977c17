// A whole journal node, given the fuzzer's bytes as a connection; and clients of journal nodes, given them as the node's answers.
#include <array>

#include "base/check.h"
#include "editlog/control.h"
#include "journal/journal_node.h"
#include "journal/member_replication.h"
#include "journal/node_connection.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/exact_bytes.h"
#include "tests/fuzz/node_seeds.h"
#include "tests/fuzz/reseal.h"
#include "tests/fuzz/the_world.h"

namespace varve::fuzz {

namespace {

const std::string kRoot = "/node";
const std::string kAddress = "node:1";
const std::string kFakeAddress = "fake:1";
constexpr std::chrono::nanoseconds kPatience = std::chrono::seconds(5);

NodeOptions node_options() {
  NodeOptions options;
  options.name = "n1";
  options.directory = kRoot;
  options.listen = kAddress;
  options.log.segment_bytes = 32u << 10;
  options.log.disk_reserve_bytes = 0;
  return options;
}

kj::Own<JournalNode> start_node() {
  auto started = the_world().wait(JournalNode::start(the_world().seams(), node_options()));
  CHECK(started.has_value(), started.error().text());
  return kj::mv(*started);
}

// Holds the journal of node_seeds.h, formatted and with its first frames.
SimDiskState make_node_disk() {
  the_world().disk().restore(SimDiskState());
  kj::Own<JournalNode> node = start_node();
  wire::Open open = seed_opening();
  auto connection = the_world().wait(NodeConnection::open(the_world().seams(), kAddress, open, kPatience));
  CHECK(connection.has_value(), connection.error().text());
  auto formatted = the_world().wait((*connection)->ask(wire::Request(seed_format())));
  CHECK(formatted.has_value(), formatted.error().text());
  AppendRequest append;
  append.epoch = kSeedEpoch;
  append.writer = kSeedWriter;
  append.prev = seed_format().start.position;
  append.frames = seed_frames();
  append.committed = TxId{2};
  const StoreAnswer stored = the_world().wait(node->copy(kSeedJournal)->append(std::move(append)));
  CHECK(std::holds_alternative<Stored>(stored));
  connection = fail(ErrorCode::kClosed, "");
  auto stopped = the_world().wait(node->stop());
  CHECK(stopped.has_value(), stopped.error().text());
  return the_world().disk().snapshot();
}

// Sends, and hears until the end of the connection.
Task<void> converse(Bytes bytes, std::string& heard) {
  kj::Promise<kj::Own<kj::AsyncIoStream>> connecting = the_world().network().connect(kAddress);
  kj::Own<kj::AsyncIoStream> stream = co_await kj::mv(connecting);
  kj::Promise<void> writing = kj::READY_NOW;
  if (!bytes.empty()) writing = stream->write(bytes.data(), bytes.size()).catch_([](kj::Exception&&) {}).eagerlyEvaluate(nullptr);
  std::array<char, 4096> buffer;
  std::size_t got = 1;
  try {
    while (got > 0) {
      got = co_await stream->tryRead(buffer.data(), 1, buffer.size());
      if (heard.size() < 64u << 10) heard.append(buffer.data(), got);
    }
  } catch (const kj::Exception& exception) {
    (void)exception;
  }
}

bool answers_well(const std::string& heard) {
  if (heard.size() < sizeof(StreamHead)) return false;
  const auto head = load_as<StreamHead>(as_bytes(heard));
  CHECK(!head_defect(head), "a node speaks in messages");
  if (head.control_bytes > heard.size() - sizeof(StreamHead)) return false;
  const auto opened = wire::decode_opened(as_bytes(heard).subspan(sizeof(StreamHead), head.control_bytes));
  return opened && !std::holds_alternative<wire::Refusal>(*opened);
}

// The node lives, and what it has on its disk opens again.
bool serve(Bytes bytes) {
  static const SimDiskState formatted = make_node_disk();
  SimWorld& world = the_world();
  world.disk().restore(formatted);
  kj::Own<JournalNode> node = start_node();
  std::string heard;
  kj::Promise<void> conversing = converse(bytes, heard);
  world.wait(conversing.exclusiveJoin(world.clock().after(std::chrono::seconds(100))));
  CHECK(node->copy(kSeedJournal) != nullptr);
  node->check_invariants();
  const TxId committed = node->copy(kSeedJournal)->log()->committed().txid;
  node = nullptr;
  node = start_node();
  CHECK(node->copy(kSeedJournal) != nullptr, "what the node accepted does not open again");
  const TxId end = node->copy(kSeedJournal)->log()->end().txid;
  CHECK(committed >= TxId{2} && end >= committed, committed.value, end.value);
  return answers_well(heard);
}

// --- The other way round ---

// Answers every connection with the same bytes.
class FakeNode {
 public:
  explicit FakeNode(Bytes bytes) : bytes_(bytes), listener_(the_world().wait(the_world().network().listen(kFakeAddress))) {
    tasks_.add(accept_all());
  }
  ~FakeNode() noexcept {}

 private:
  Task<void> accept_all() {
    while (true) {
      Accepted accepted = co_await listener_->accept();
      tasks_.add(answer(kj::mv(accepted.stream)));
    }
  }
  Task<void> answer(kj::Own<kj::AsyncIoStream> stream) {
    kj::Promise<void> writing = kj::READY_NOW;
    if (!bytes_.empty()) writing = stream->write(bytes_.data(), bytes_.size()).catch_([](kj::Exception&&) {});
    co_await kj::mv(writing);
    std::array<char, 4096> buffer;
    std::size_t got = 1;
    try {
      while (got > 0) got = co_await stream->tryRead(buffer.data(), 1, buffer.size());
    } catch (const kj::Exception& exception) {
      (void)exception;
    }
  }

  Bytes bytes_;
  kj::Own<Listener> listener_;
  Tasks tasks_;
};

class SeedLog final : public ReplicatedLog {
 public:
  SeedLog() {
    for (const FramePtr& frame : seed_frames()) window_.add(frame);
  }
  const JournalIdentity& journal() const override { return journal_; }
  wire::OpenAppend introduction() const override { return {kSeedEpoch, kSeedWriter, "writer", "host"}; }
  const FrameWindow& window() const override { return window_; }
  LogPosition committed() const override { return seed_frames().front()->header().position(); }
  std::optional<std::string> source_for(Uuid disk, std::uint64_t) const override {
    (void)disk;
    return kFakeAddress;
  }
  void on_acknowledged() override {}
  void on_fenced(Epoch promised, const std::string& text) override {
    (void)text;
    CHECK(promised > kSeedEpoch, promised.value);
  }
  TxId first_own() const override { return TxId{3}; }
  void on_contradiction(const std::string& text) override { (void)text; }
  Task<wire::Answer> change_members(wire::ChangeRequest request) override {
    (void)request;
    co_return wire::Answer(wire::Done{});
  }

 private:
  JournalIdentity journal_{kSeedJournal, seed_format().namespace_id, seed_format().lineage};
  FrameWindow window_{seed_format().start.position};
};

bool replicate() {
  SeedLog log;
  const Member member{seed_format().disk, kFakeAddress, MemberRole::kVoter};
  MemberReplication replication(the_world().seams(), log, member, {});
  replication.start();
  the_world().run_for(std::chrono::seconds(2));
  const LogPosition acknowledged = replication.acknowledged();
  CHECK(acknowledged.txid.value == 0 || log.window().holds(acknowledged), acknowledged.txid.value);
  return acknowledged.txid.value > 0;
}

bool read_frames() {
  const JournalIdentity journal{kSeedJournal, seed_format().namespace_id, seed_format().lineage};
  auto stream = the_world().wait(
      FrameStream::open(the_world().seams(), kFakeAddress, journal, {seed_format().start.position}, LogPosition{}, kPatience));
  if (!stream) return false;
  LogPosition at = (*stream)->position();
  CHECK(at == seed_format().start.position, "it begins where it was asked to");
  while (true) {
    const auto frames = the_world().wait((*stream)->next());
    if (!frames) return at != seed_format().start.position;
    for (const FramePtr& frame : *frames) {
      CHECK(frame->header().previous == at.digest && frame->header().first() == at.txid.next(), "frames come in order");
      at = frame->header().position();
    }
  }
}

bool ask() {
  auto connection = the_world().wait(NodeConnection::open(the_world().seams(), kFakeAddress, seed_opening(), kPatience));
  if (!connection) return false;
  const auto answer = the_world().wait((*connection)->ask_for_answer(wire::Request(wire::StateRequest{})));
  return answer.has_value();
}

bool hear(Bytes bytes) {
  const FakeNode fake(bytes);
  const bool asked = ask();
  const bool read = read_frames();
  const bool replicated = replicate();
  return asked || read || replicated;
}

bool run_both(Bytes input, bool (*run)(Bytes)) {
  ExactBytes bytes(input);
  const bool accepted = run(bytes.bytes());
  const wire::FormatRequest format = seed_format();
  reseal_stream(bytes.mutable_bytes(), LogEnd{format.namespace_id, format.lineage, seed_frames().back()->header().position()});
  run(bytes.bytes());
  return accepted;
}

}  // namespace

bool run_node(Bytes input) {
  return run_both(input, serve);
}

bool run_answers(Bytes input) {
  return run_both(input, hear);
}

}  // namespace varve::fuzz
