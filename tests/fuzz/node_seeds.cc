#include "tests/fuzz/node_seeds.h"

#include <algorithm>

#include "base/digest.h"
#include "editlog/control.h"
#include "editlog/slots.h"
#include "journal/stream_head.h"

namespace varve::fuzz {

namespace {

constexpr Uuid kNamespace{11, 12};
constexpr Uuid kDisk{5, 6};
constexpr std::uint64_t kLineage = 3;

StreamHead head_of(StreamKind kind, std::uint64_t number) {
  StreamHead head;
  head.kind = static_cast<std::uint16_t>(kind);
  head.number = number;
  return head;
}

std::string message_of(StreamHead head, const std::string& control) {
  head.control_bytes = control.size();
  head.payload_bytes = round_up(control.size(), kSectorBytes);
  if (!control.empty()) head.control = digest_of(as_bytes(control));
  head.self = head.compute_self();
  std::string bytes(as_text(bytes_of(head)));
  bytes += control;
  bytes.resize(sizeof(StreamHead) + head.payload_bytes, '\0');
  return bytes;
}

std::string frames_of(StreamHead head, const std::vector<FramePtr>& frames) {
  std::string payload;
  for (const FramePtr& frame : frames) payload += as_text(frame->bytes());
  head.payload_bytes = payload.size();
  head.self = head.compute_self();
  return std::string(as_text(bytes_of(head))) + payload;
}

FramePtr seal(LogPosition& end, FrameKind kind, const std::vector<std::string>& transactions) {
  std::uint64_t space = 0;
  for (const std::string& transaction : transactions) space += transaction_space(transaction.size());
  FrameBuilder builder(space);
  for (const std::string& transaction : transactions) builder.add(as_bytes(transaction));
  FrameSeal seal;
  seal.kind = kind;
  seal.roll = kind == FrameKind::kSegmentStart;
  seal.epoch = kSeedEpoch;
  seal.first = end.txid.next();
  seal.committed = std::min(end.txid, TxId{2});
  seal.lineage = kLineage;
  seal.namespace_id = kNamespace;
  seal.previous = end.digest;
  FramePtr frame = std::move(builder).seal(seal);
  end = frame->header().position();
  return frame;
}

// Behind seed_frames(): an epoch's start, data, a roll.
std::vector<FramePtr> more_frames() {
  LogPosition end = seed_frames().back()->header().position();
  std::vector<FramePtr> frames;
  frames.push_back(seal(end, FrameKind::kEpochStart, {encode(EpochStart{kSeedWriter, "writer", "host"})}));
  frames.push_back(seal(end, FrameKind::kData, {std::string(700, 'd'), "e"}));
  frames.push_back(seal(end, FrameKind::kSegmentStart, {encode(SegmentStart{})}));
  frames.push_back(seal(end, FrameKind::kConfiguration, {seed_format().start.configuration}));
  return frames;
}

std::string open_as(decltype(wire::Open::kind) kind) {
  wire::Open open = seed_opening();
  open.kind = std::move(kind);
  return message_of(head_of(StreamKind::kOpen, 1), wire::encode(open));
}

std::string request(std::uint64_t number, wire::Request request) {
  return message_of(head_of(StreamKind::kRequest, number), wire::encode(request));
}

std::string order(std::uint64_t number, wire::Order order) {
  return message_of(head_of(StreamKind::kOrder, number), wire::encode(order));
}

std::string append(std::uint64_t number, const LogPosition& prev, const std::vector<FramePtr>& frames, TxId committed = TxId{2}) {
  StreamHead head = head_of(StreamKind::kAppend, number);
  head.set_position(prev);
  head.committed = committed.value;
  head.writer_end = 8;
  return frames_of(head, frames);
}

wire::CopyState seed_state() {
  const wire::FormatRequest format = seed_format();
  wire::CopyState state;
  state.namespace_id = format.namespace_id;
  state.lineage = format.lineage;
  state.disk = format.disk;
  state.boot = {8, 8};
  state.promised = kSeedEpoch;
  state.promised_to = kSeedWriter;
  state.start = format.start;
  state.committed = seed_frames()[1]->header().position();
  state.branches = {state.committed, seed_frames()[2]->header().position()};
  state.configuration = {TxId{0}, format.start.configuration};
  state.node_name = "n1";
  return state;
}

std::string opened(wire::Opened opened) {
  return message_of(head_of(StreamKind::kOpened, 0), wire::encode(opened));
}

std::string stored(std::uint64_t number, const LogPosition& position) {
  StreamHead head = head_of(StreamKind::kStored, number);
  head.set_position(position);
  head.epoch = kSeedEpoch.value;
  return message_of(head, {});
}

}  // namespace

wire::FormatRequest seed_format() {
  wire::FormatRequest format;
  format.namespace_id = kNamespace;
  format.lineage = kLineage;
  format.disk = kDisk;
  format.start.configuration = encode(Configuration{TxId{0}, {{kDisk, "fake:1", MemberRole::kVoter}}, 0});
  format.start.position.digest = digest_of_new_start(kNamespace, kLineage, format.start.configuration);
  return format;
}

const std::vector<FramePtr>& seed_frames() {
  static const std::vector<FramePtr> frames = [] {
    LogPosition end = seed_format().start.position;
    std::vector<FramePtr> sealed;
    sealed.push_back(seal(end, FrameKind::kSegmentStart, {encode(SegmentStart{})}));
    sealed.push_back(seal(end, FrameKind::kData, {"one"}));
    sealed.push_back(seal(end, FrameKind::kData, {std::string(600, 't')}));
    sealed.push_back(seal(end, FrameKind::kData, {"three"}));
    return sealed;
  }();
  return frames;
}

wire::Open seed_opening() {
  return {kSeedJournal, kNamespace, kLineage, wire::OpenControl{}};
}

std::vector<std::string> stream_seeds() {
  std::vector<std::string> seeds = node_seeds();
  for (std::string& seed : answers_seeds()) seeds.push_back(std::move(seed));
  return seeds;
}

std::vector<std::string> node_seeds() {
  const LogPosition start = seed_format().start.position;
  const LogPosition end = seed_frames().back()->header().position();
  const std::vector<FramePtr> more = more_frames();
  const std::string writer = open_as(wire::OpenAppend{kSeedEpoch, kSeedWriter, "writer", "host"});
  const std::string control = open_as(wire::OpenControl{});
  return {
      control + request(1, wire::StateRequest{}) + request(2, wire::SegmentsRequest{}) + request(3, wire::StatusRequest{}),
      control + request(1, wire::PromiseRequest{Epoch{9}, {2, 2}, true}) + request(2, wire::PurgeRequest{Epoch{9}, {2, 2}, TxId{2}}),
      control + request(1, seed_format()) + request(2, wire::ChangeRequest{wire::AddMember{{3, 3}, "n9:1"}, false}),
      control + request(1, wire::OutcomeRequest{Ticket{TxId{2}, kSeedEpoch, seed_frames()[1]->header().self}}),
      open_as(wire::OpenRead{{start, end}, LogPosition{}}),
      open_as(wire::OpenRead{{start}, end}),
      writer + append(1, end, {}) + append(2, end, {more[0], more[1]}) +
          append(3, more[1]->header().position(), {more[2], more[3]}, TxId{7}),
      writer + append(1, seed_frames()[1]->header().position(), {seed_frames()[2], seed_frames()[3]}, TxId{4}) +
          append(3, {TxId{9}, {}, {}}, {}),
      open_as(wire::OpenAppend{Epoch{8}, {2, 2}, "", ""}) + append(1, seed_frames()[1]->header().position(), {}, TxId{1}) +
          order(2, wire::SettleOrder{TxId{2}}) +
          order(3, wire::RestartOrder{{{TxId{100}, kSeedEpoch, {1, 1}}, seed_format().start.configuration}}),
      writer + order(1, wire::PullOrder{"nowhere:1", end}) + order(2, wire::PullOrder{"node:1", end}),
  };
}

std::vector<std::string> answers_seeds() {
  const auto& frames = seed_frames();
  StreamHead some = head_of(StreamKind::kFrames, 1);
  some.committed = 2;
  StreamHead rest = head_of(StreamKind::kFrames, 2);
  rest.committed = 4;
  const std::string state = opened(seed_state());
  return {
      state + message_of(head_of(StreamKind::kAnswer, 1), wire::encode(wire::Answer(seed_state()))),
      state + message_of(head_of(StreamKind::kAnswer, 1), wire::encode(wire::Answer(wire::Refusal{ErrorCode::kFenced, "over", Epoch{9}}))),
      opened(seed_format().start.position) + frames_of(some, {frames[0], frames[1]}) + frames_of(head_of(StreamKind::kFrames, 2), {}) +
          frames_of(rest, {frames[2], frames[3]}),
      state + stored(1, frames[2]->header().position()) + stored(2, frames[3]->header().position()) +
          message_of(head_of(StreamKind::kMismatch, 3), wire::encode(seed_state())) +
          message_of(head_of(StreamKind::kRequest, 1), wire::encode(wire::Request(wire::ChangeRequest{wire::RemoveMember{{3, 3}}, true}))),
  };
}

}  // namespace varve::fuzz
