#include "tests/simulation/rules/hand_node.h"

#include <utility>

#include "editlog/frame_parser.h"
#include "journal/node_connection.h"

namespace varve {

HandNode::HandNode(SimWorld& world, SimMachine& machine, std::string address, wire::CopyState state)
    : machine_(machine), address_(std::move(address)), state_(std::move(state)) {
  listener_ = world.wait(machine_.network().listen(address_));
  tasks_.add(accept_all());
}

Task<void> HandNode::accept_all() {
  while (true) {
    Accepted accepted = co_await listener_->accept();
    tasks_.add(serve(kj::mv(accepted.stream)));
  }
}

Task<void> HandNode::serve(kj::Own<kj::AsyncIoStream> stream) {
  channels_.push_back(kj::heap<StreamChannel>(kj::mv(stream), "the writer"));
  StreamChannel& channel = *channels_.back();
  appends_.clear();
  settle_.reset();
  auto first = co_await channel.receive();
  if (!first) co_return;
  const auto open = wire::decode_open(first->control());
  if (!open) co_return;
  if (const auto* append = std::get_if<wire::OpenAppend>(&open->kind)) epoch_ = append->epoch;
  channel.send(control_head(StreamKind::kOpened), wire::encode(wire::Opened(state_)));
  while (true) {
    auto message = co_await channel.receive();
    if (!message) co_return;
    take(*message);
  }
}

void HandNode::take(const StreamMessage& message) {
  if (message.head.stream_kind() == StreamKind::kOrder) {
    const auto order = wire::decode_order(message.control());
    if (order && std::holds_alternative<wire::SettleOrder>(*order)) settle_ = message.head.number;
    return;
  }
  const auto frames = parse_frames(message.payload, message.keep, state_.namespace_id, state_.lineage, "the writer");
  Append append{message.head.number, message.head.position()};
  if (frames && !frames->empty()) append.end = frames->back()->header().position();
  appends_.push_back(append);
}

void HandNode::prove(TxId upto, std::optional<Epoch> epoch) {
  for (Append& append : appends_) {
    if (append.answered) continue;
    if (append.end.txid > upto) return;
    append.answered = true;
    say_stored(append.number, append.end, epoch.value_or(epoch_));
  }
}

void HandNode::say_stored(std::uint64_t number, const LogPosition& position, Epoch epoch) {
  StreamHead head = control_head(StreamKind::kStored, number);
  head.epoch = epoch.value;
  head.set_position(position);
  channels_.back()->send(head);
}

}  // namespace varve
