#include "journal/wire_fields.h"

#include <kj/debug.h>

namespace varve::wire {

void put(schema::Id::Builder out, Uuid id) {
  out.setLow(id.low);
  out.setHigh(id.high);
}

void put(schema::Id::Builder out, Digest digest) {
  out.setLow(digest.low);
  out.setHigh(digest.high);
}

void put(schema::Position::Builder out, const LogPosition& position) {
  out.setTxid(position.txid.value);
  out.setEpoch(position.epoch.value);
  put(out.initDigest(), position.digest);
}

void put(capnp::List<schema::Position>::Builder out, const std::vector<LogPosition>& positions) {
  for (unsigned i = 0; i < out.size(); ++i) put(out[i], positions[i]);
}

capnp::Text::Reader text_of(const std::string& text) {
  return {text.c_str(), text.size()};
}

capnp::Data::Reader data_of(const std::string& bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}

void put(schema::Refusal::Builder out, const Refusal& refusal) {
  out.setCode(static_cast<std::uint16_t>(refusal.code));
  out.setText(text_of(refusal.text));
  out.setPromised(refusal.promised.value);
}

void put(schema::CopyState::Builder out, const CopyState& state) {
  put(out.initNamespaceId(), state.namespace_id);
  out.setLineage(state.lineage);
  put(out.initDisk(), state.disk);
  put(out.initBoot(), state.boot);
  out.setPromised(state.promised.value);
  put(out.initPromisedTo(), state.promised_to);
  put(out.initStart(), state.start.position);
  out.setStartConfiguration(data_of(state.start.configuration));
  put(out.initCommitted(), state.committed);
  put(out.initBranches(static_cast<unsigned>(state.branches.size())), state.branches);
  out.setTailCertain(state.tail_certain);
  out.setConfigurationTxid(state.configuration.txid.value);
  out.setConfiguration(data_of(state.configuration.bytes));
  out.setRemoved(state.removed);
  out.setHoled(state.holed);
  out.setNodeName(text_of(state.node_name));
}

Uuid get(schema::Id::Reader in) {
  return {in.getLow(), in.getHigh()};
}

LogPosition get(schema::Position::Reader in) {
  const Uuid digest = get(in.getDigest());
  return {TxId{in.getTxid()}, Epoch{in.getEpoch()}, Digest{digest.low, digest.high}};
}

std::string get(capnp::Text::Reader in) {
  return {in.begin(), in.size()};
}

std::string get(capnp::Data::Reader in) {
  return {reinterpret_cast<const char*>(in.begin()), in.size()};
}

std::vector<LogPosition> get(capnp::List<schema::Position>::Reader in) {
  KJ_REQUIRE(in.size() <= kPositionsMax, "too many positions");
  std::vector<LogPosition> positions;
  for (auto position : in) positions.push_back(get(position));
  return positions;
}

Refusal get(schema::Refusal::Reader in) {
  Refusal refusal;
  // A code of a later version is a refusal all the same.
  refusal.code =
      in.getCode() <= static_cast<std::uint16_t>(ErrorCode::kRefused) ? static_cast<ErrorCode>(in.getCode()) : ErrorCode::kRefused;
  refusal.text = get(in.getText());
  refusal.promised = Epoch{in.getPromised()};
  return refusal;
}

CopyState get(schema::CopyState::Reader in) {
  CopyState state;
  state.namespace_id = get(in.getNamespaceId());
  state.lineage = in.getLineage();
  state.disk = get(in.getDisk());
  state.boot = get(in.getBoot());
  state.promised = Epoch{in.getPromised()};
  state.promised_to = get(in.getPromisedTo());
  state.start.position = get(in.getStart());
  state.start.configuration = get(in.getStartConfiguration());
  state.committed = get(in.getCommitted());
  state.branches = get(in.getBranches());
  state.tail_certain = in.getTailCertain();
  state.configuration.txid = TxId{in.getConfigurationTxid()};
  state.configuration.bytes = get(in.getConfiguration());
  state.removed = in.getRemoved();
  state.holed = in.getHoled();
  state.node_name = get(in.getNodeName());
  return state;
}

}  // namespace varve::wire
