// What the control messages of wire.capnp say, as values.
//
// Errors: decoding gives kDamaged for bytes that are not one sound message. Fields of a later version are passed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "editlog/local_log.h"
#include "editlog/slots.h"
#include "varve/error.h"
#include "varve/types.h"

namespace varve::wire {

// Bounds on what one message may hold.
inline constexpr std::size_t kControlBytesMax = 4u << 20;
inline constexpr std::size_t kPositionsMax = 1024;

struct Refusal {
  ErrorCode code = ErrorCode::kRefused;
  std::string text;
  Epoch promised;  // the node's highest promise; 0 where that says nothing

  static Refusal of(const Error& error, Epoch promised = Epoch{0}) { return {error.code(), error.text(), promised}; }
  Error error() const { return Error(code, text); }
};

// Where one copy of a journal stands.
struct CopyState {
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  Uuid disk;  // identity of this copy
  Uuid boot;  // drawn at each start of the node
  Epoch promised;
  Uuid promised_to;
  LogStart start;
  LogPosition committed;
  std::vector<LogPosition> branches;  // see LocalLog::branches()
  bool tail_certain = true;
  LogConfiguration configuration;  // newest at or below the end
  bool removed = false;            // the committed configuration does not name this copy any more
  bool holed = false;              // frames of its newest segment are damaged: its end counts, what it knows of the members does not
  std::string node_name;

  LogPosition end() const { return branches.empty() ? committed : branches.back(); }
};

struct OpenAppend {
  Epoch epoch;
  Uuid writer;
  std::string writer_name;
  std::string writer_host;
};
struct OpenRead {
  std::vector<LogPosition> after;  // frames that the reader holds, ascending
  LogPosition durable_to;          // txid 0: committed frames, and more as they come; else up to this frame, committed or not
};
struct OpenControl {};
struct Open {
  std::string journal;  // empty: the node itself
  Uuid namespace_id;    // nil: not known yet
  std::uint64_t lineage = 0;
  std::variant<OpenControl, OpenAppend, OpenRead> kind;
};

struct NodeFacts {
  std::string name;
  std::string version;
  Uuid boot;
  std::vector<std::string> journals;
};
using Opened = std::variant<Refusal, CopyState, LogPosition, NodeFacts>;

struct PromiseRequest {
  Epoch epoch;
  Uuid writer;
  bool force = false;
};
struct FormatRequest {
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  Uuid disk;
  LogStart start;
};
struct PurgeRequest {
  Epoch epoch;
  Uuid writer;
  TxId upto;
};
struct AddMember {
  Uuid disk;
  std::string address;
};
struct RemoveMember {
  Uuid disk;
};
struct ChangeRequest {
  std::variant<AddMember, RemoveMember> change;
  bool force = false;
};
struct StateRequest {};
struct SegmentsRequest {};
struct StatusRequest {};
struct OutcomeRequest {
  Ticket ticket;
};
using Request =
    std::variant<StateRequest, PromiseRequest, FormatRequest, PurgeRequest, SegmentsRequest, StatusRequest, ChangeRequest, OutcomeRequest>;

struct Done {};
using Answer = std::variant<Refusal, Done, CopyState, std::vector<SegmentInfo>, std::string>;

struct PullOrder {
  std::string source;
  LogPosition to;
};
struct RestartOrder {
  LogStart start;
};
struct SettleOrder {
  TxId upto;
};
using Order = std::variant<PullOrder, RestartOrder, SettleOrder>;

std::string encode(const CopyState& state);
std::string encode(const Refusal& refusal);
std::string encode(const Open& open);
std::string encode(const Opened& opened);
std::string encode(const Request& request);
std::string encode(const Answer& answer);
std::string encode(const Order& order);

Result<CopyState> decode_copy_state(Bytes bytes);
Result<Refusal> decode_refusal(Bytes bytes);
Result<Open> decode_open(Bytes bytes);
Result<Opened> decode_opened(Bytes bytes);
Result<Request> decode_request(Bytes bytes);
Result<Answer> decode_answer(Bytes bytes);
Result<Order> decode_order(Bytes bytes);

}  // namespace varve::wire
