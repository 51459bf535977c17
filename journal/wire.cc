#include "journal/wire.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <fmt/format.h>
#include <kj/exception.h>

#include "base/check.h"
#include "base/result.h"
#include "journal/wire_fields.h"

namespace varve::wire {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

// One segment's bytes: a message that is built in one go stays in it when the first is large enough.
template <typename Root, typename Fill>
std::string encode_as(const Fill& fill) {
  capnp::MallocMessageBuilder message(512, capnp::AllocationStrategy::GROW_HEURISTICALLY);
  fill(message.initRoot<Root>());
  const auto segments = message.getSegmentsForOutput();
  if (segments.size() == 1) {
    const auto bytes = segments[0].asBytes();
    return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
  }
  const kj::Array<capnp::word> words = capnp::canonicalize(message.getRoot<Root>().asReader());
  return {reinterpret_cast<const char*>(words.begin()), words.asBytes().size()};
}

template <typename Root, typename Value, typename Take>
Result<Value> decode_as(Bytes bytes, std::string_view what, const Take& take) {
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0 || bytes.size() > kControlBytesMax)
    return fail(ErrorCode::kDamaged, fmt::format("a message that should be {} has {} bytes", what, bytes.size()));
  kj::Array<capnp::word> words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), bytes.size());
  const kj::ArrayPtr<const capnp::word> segment = words;
  capnp::ReaderOptions options;
  options.traversalLimitInWords = 4 * words.size() + 1024;
  options.nestingLimit = 8;
  std::optional<Result<Value>> value;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&segment, 1), options);
                 value.emplace(take(reader.getRoot<Root>()));
               })) {
    return fail(ErrorCode::kDamaged, fmt::format("a message that should be {}: {}", what, exception->getDescription().cStr()));
  }
  return *std::move(value);
}

tl::unexpected<Error> unknown(std::string_view what) {
  return fail(ErrorCode::kNewerLayout, fmt::format("{} of a kind that this version does not know: use a newer Varve", what));
}

void put_change(schema::Change::Builder out, const ChangeRequest& request) {
  out.setForce(request.force);
  std::visit(Overloaded{[&](const AddMember& add) {
                          auto group = out.initAdd();
                          put(group.initDisk(), add.disk);
                          group.setAddress(text_of(add.address));
                        },
                        [&](const RemoveMember& remove) { put(out.initRemove(), remove.disk); }},
             request.change);
}

Result<ChangeRequest> get_change(schema::Change::Reader in) {
  ChangeRequest request;
  request.force = in.getForce();
  switch (in.which()) {
    case schema::Change::ADD:
      request.change = AddMember{get(in.getAdd().getDisk()), get(in.getAdd().getAddress())};
      return request;
    case schema::Change::REMOVE:
      request.change = RemoveMember{get(in.getRemove())};
      return request;
  }
  return unknown("a change of members");
}

}  // namespace

std::string encode(const CopyState& state) {
  return encode_as<schema::CopyState>([&](schema::CopyState::Builder out) { put(out, state); });
}
Result<CopyState> decode_copy_state(Bytes bytes) {
  return decode_as<schema::CopyState, CopyState>(bytes, "the state of a copy",
                                                 [](schema::CopyState::Reader in) -> Result<CopyState> { return get(in); });
}

std::string encode(const Refusal& refusal) {
  return encode_as<schema::Refusal>([&](schema::Refusal::Builder out) { put(out, refusal); });
}
Result<Refusal> decode_refusal(Bytes bytes) {
  return decode_as<schema::Refusal, Refusal>(bytes, "a refusal", [](schema::Refusal::Reader in) -> Result<Refusal> { return get(in); });
}

std::string encode(const Open& open) {
  return encode_as<schema::Open>([&](schema::Open::Builder out) {
    out.setJournal(text_of(open.journal));
    put(out.initNamespaceId(), open.namespace_id);
    out.setLineage(open.lineage);
    std::visit(Overloaded{[&](const OpenControl&) { out.setControl(); },
                          [&](const OpenAppend& append) {
                            auto group = out.initAppend();
                            group.setEpoch(append.epoch.value);
                            put(group.initWriter(), append.writer);
                            group.setWriterName(text_of(append.writer_name));
                            group.setWriterHost(text_of(append.writer_host));
                          },
                          [&](const OpenRead& read) {
                            auto group = out.initRead();
                            put(group.initAfter(static_cast<unsigned>(read.after.size())), read.after);
                            put(group.initDurableTo(), read.durable_to);
                          }},
               open.kind);
  });
}
Result<Open> decode_open(Bytes bytes) {
  return decode_as<schema::Open, Open>(bytes, "the opening of a connection", [](schema::Open::Reader in) -> Result<Open> {
    Open open;
    open.journal = get(in.getJournal());
    open.namespace_id = get(in.getNamespaceId());
    open.lineage = in.getLineage();
    switch (in.which()) {
      case schema::Open::CONTROL:
        return open;
      case schema::Open::APPEND: {
        const auto append = in.getAppend();
        open.kind = OpenAppend{Epoch{append.getEpoch()}, get(append.getWriter()), get(append.getWriterName()), get(append.getWriterHost())};
        return open;
      }
      case schema::Open::READ:
        open.kind = OpenRead{get(in.getRead().getAfter()), get(in.getRead().getDurableTo())};
        return open;
    }
    return unknown("a connection");
  });
}

std::string encode(const Opened& opened) {
  return encode_as<schema::Opened>([&](schema::Opened::Builder out) {
    std::visit(Overloaded{[&](const Refusal& refusal) { put(out.initRefused(), refusal); },
                          [&](const CopyState& state) { put(out.initState(), state); },
                          [&](const LogPosition& after) { put(out.initAfter(), after); },
                          [&](const NodeFacts& facts) {
                            auto node = out.initNode();
                            node.setName(text_of(facts.name));
                            node.setVersion(text_of(facts.version));
                            put(node.initBoot(), facts.boot);
                            auto journals = node.initJournals(static_cast<unsigned>(facts.journals.size()));
                            for (unsigned i = 0; i < journals.size(); ++i) journals.set(i, text_of(facts.journals[i]));
                          }},
               opened);
  });
}
Result<Opened> decode_opened(Bytes bytes) {
  return decode_as<schema::Opened, Opened>(bytes, "the answer to an opening", [](schema::Opened::Reader in) -> Result<Opened> {
    switch (in.which()) {
      case schema::Opened::REFUSED:
        return Opened(get(in.getRefused()));
      case schema::Opened::STATE:
        return Opened(get(in.getState()));
      case schema::Opened::AFTER:
        return Opened(get(in.getAfter()));
      case schema::Opened::NODE: {
        NodeFacts facts;
        facts.name = get(in.getNode().getName());
        facts.version = get(in.getNode().getVersion());
        facts.boot = get(in.getNode().getBoot());
        for (auto journal : in.getNode().getJournals()) facts.journals.push_back(get(journal));
        return Opened(std::move(facts));
      }
    }
    return unknown("an answer");
  });
}

std::string encode(const Request& request) {
  return encode_as<schema::Request>([&](schema::Request::Builder out) {
    std::visit(Overloaded{[&](const StateRequest&) { out.setState(); },
                          [&](const PromiseRequest& promise) {
                            auto group = out.initPromise();
                            group.setEpoch(promise.epoch.value);
                            put(group.initWriter(), promise.writer);
                            group.setForce(promise.force);
                          },
                          [&](const FormatRequest& format) {
                            auto group = out.initFormat();
                            put(group.initNamespaceId(), format.namespace_id);
                            group.setLineage(format.lineage);
                            put(group.initDisk(), format.disk);
                            put(group.initStart(), format.start.position);
                            group.setStartConfiguration(data_of(format.start.configuration));
                          },
                          [&](const PurgeRequest& purge) {
                            auto group = out.initPurge();
                            group.setEpoch(purge.epoch.value);
                            put(group.initWriter(), purge.writer);
                            group.setUpto(purge.upto.value);
                          },
                          [&](const SegmentsRequest&) { out.setSegments(); }, [&](const StatusRequest&) { out.setStatus(); },
                          [&](const ChangeRequest& change) { put_change(out.initChange(), change); },
                          [&](const OutcomeRequest& outcome) {
                            auto group = out.initOutcome();
                            group.setTxid(outcome.ticket.txid.value);
                            group.setEpoch(outcome.ticket.epoch.value);
                            put(group.initFrame(), outcome.ticket.frame);
                          }},
               request);
  });
}
Result<Request> decode_request(Bytes bytes) {
  return decode_as<schema::Request, Request>(bytes, "a request", [](schema::Request::Reader in) -> Result<Request> {
    switch (in.which()) {
      case schema::Request::STATE:
        return Request(StateRequest{});
      case schema::Request::PROMISE:
        return Request(PromiseRequest{Epoch{in.getPromise().getEpoch()}, get(in.getPromise().getWriter()), in.getPromise().getForce()});
      case schema::Request::FORMAT: {
        const auto format = in.getFormat();
        FormatRequest request;
        request.namespace_id = get(format.getNamespaceId());
        request.lineage = format.getLineage();
        request.disk = get(format.getDisk());
        request.start.position = get(format.getStart());
        request.start.configuration = get(format.getStartConfiguration());
        return Request(std::move(request));
      }
      case schema::Request::PURGE:
        return Request(PurgeRequest{Epoch{in.getPurge().getEpoch()}, get(in.getPurge().getWriter()), TxId{in.getPurge().getUpto()}});
      case schema::Request::SEGMENTS:
        return Request(SegmentsRequest{});
      case schema::Request::STATUS:
        return Request(StatusRequest{});
      case schema::Request::CHANGE: {
        ASSIGN_OR_RETURN(ChangeRequest change, get_change(in.getChange()));
        return Request(std::move(change));
      }
      case schema::Request::OUTCOME: {
        const Uuid frame = get(in.getOutcome().getFrame());
        return Request(
            OutcomeRequest{Ticket{TxId{in.getOutcome().getTxid()}, Epoch{in.getOutcome().getEpoch()}, Digest{frame.low, frame.high}}});
      }
    }
    return unknown("a request");
  });
}

std::string encode(const Answer& answer) {
  return encode_as<schema::Answer>([&](schema::Answer::Builder out) {
    std::visit(Overloaded{[&](const Refusal& refusal) { put(out.initRefused(), refusal); }, [&](const Done&) { out.setOk(); },
                          [&](const CopyState& state) { put(out.initState(), state); },
                          [&](const std::vector<SegmentInfo>& segments) {
                            auto list = out.initSegments(static_cast<unsigned>(segments.size()));
                            for (unsigned i = 0; i < list.size(); ++i) {
                              list[i].setFirst(segments[i].name.first.value);
                              list[i].setLast(segments[i].last.value);
                              list[i].setBytes(segments[i].bytes);
                              list[i].setFinalized(segments[i].name.last.has_value());
                            }
                          },
                          [&](const std::string& text) { out.setText(text_of(text)); }},
               answer);
  });
}
Result<Answer> decode_answer(Bytes bytes) {
  return decode_as<schema::Answer, Answer>(bytes, "an answer", [](schema::Answer::Reader in) -> Result<Answer> {
    switch (in.which()) {
      case schema::Answer::REFUSED:
        return Answer(get(in.getRefused()));
      case schema::Answer::OK:
        return Answer(Done{});
      case schema::Answer::STATE:
        return Answer(get(in.getState()));
      case schema::Answer::SEGMENTS: {
        std::vector<SegmentInfo> segments;
        for (auto s : in.getSegments()) {
          SegmentInfo info;
          info.name.first = TxId{s.getFirst()};
          if (s.getFinalized()) info.name.last = TxId{s.getLast()};
          info.last = TxId{s.getLast()};
          info.bytes = s.getBytes();
          segments.push_back(info);
        }
        return Answer(std::move(segments));
      }
      case schema::Answer::TEXT:
        return Answer(get(in.getText()));
    }
    return unknown("an answer");
  });
}

std::string encode(const Order& order) {
  return encode_as<schema::Order>([&](schema::Order::Builder out) {
    std::visit(Overloaded{[&](const PullOrder& pull) {
                            auto group = out.initPull();
                            group.setSource(text_of(pull.source));
                            put(group.initTo(), pull.to);
                          },
                          [&](const RestartOrder& restart) {
                            auto group = out.initRestart();
                            put(group.initStart(), restart.start.position);
                            group.setConfiguration(data_of(restart.start.configuration));
                          },
                          [&](const SettleOrder& settle) { out.setSettle(settle.upto.value); }},
               order);
  });
}
Result<Order> decode_order(Bytes bytes) {
  return decode_as<schema::Order, Order>(bytes, "an order", [](schema::Order::Reader in) -> Result<Order> {
    switch (in.which()) {
      case schema::Order::PULL:
        return Order(PullOrder{get(in.getPull().getSource()), get(in.getPull().getTo())});
      case schema::Order::RESTART: {
        RestartOrder restart;
        restart.start.position = get(in.getRestart().getStart());
        restart.start.configuration = get(in.getRestart().getConfiguration());
        return Order(std::move(restart));
      }
      case schema::Order::SETTLE:
        return Order(SettleOrder{TxId{in.getSettle()}});
    }
    return unknown("an order");
  });
}

}  // namespace varve::wire
