#include "journal/journal_node.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/deadline.h"
#include "base/result.h"
#include "journal/control_rule.h"
#include "journal/journal_url.h"
#include "journal/node_connection.h"
#include "journal/outcome.h"
#include "journal/read_session.h"
#include "journal/stall_guard.h"

namespace varve {
namespace {

// Nobody but a writer sends frames, and nobody before it has said what it wants.
constexpr ChannelLimits kNoFrames{.frames_bytes_max = 0, .control_bytes_max = 128u << 10};
constexpr std::size_t kWriterNameBytesMax = 255;

wire::Refusal refusal(ErrorCode code, std::string text) {
  return wire::Refusal{code, std::move(text), Epoch{0}};
}

// Counts a connection while it lives.
class Counted {
 public:
  explicit Counted(std::uint64_t& count) : count_(count) { ++count_; }
  Counted(const Counted&) = delete;
  ~Counted() { --count_; }

 private:
  std::uint64_t& count_;
};

}  // namespace

JournalNode::JournalNode(Seams seams, NodeOptions options, kj::Own<Directory> root, kj::Own<DirectoryLock> lock)
    : seams_(seams),
      options_(std::move(options)),
      root_(kj::mv(root)),
      lock_(kj::mv(lock)),
      boot_(seams.random.uuid()),
      started_wall_us_(seams.clock.wall_us()) {}

JournalNode::~JournalNode() noexcept(false) {
  tasks_.clear();  // sessions hold copies
}

Task<Result<kj::Own<JournalNode>>> JournalNode::start(Seams seams, NodeOptions options) {
  CO_ASSIGN_OR_RETURN(kj::Own<Directory> root, co_await seams.disk.create_directory(options.directory));
  CO_ASSIGN_OR_RETURN(kj::Own<DirectoryLock> lock, co_await root->lock());
  auto node = kj::heap<JournalNode>(seams, std::move(options), kj::mv(root), kj::mv(lock));
  CO_TRY(co_await node->open_all());
  std::string why;
  kj::Promise<kj::Own<Listener>> listening = seams.network.listen(node->options_.listen);
  try {
    node->listener_ = co_await kj::mv(listening);
  } catch (const kj::Exception& exception) {
    why = exception.getDescription().cStr();
  }
  if (node->listener_.get() == nullptr) co_return fail(ErrorCode::kIo, fmt::format("listening on {}: {}", node->options_.listen, why));
  node->tasks_.add(node->accept_all());
  node->tasks_.add(node->open_again());
  co_return kj::mv(node);
}

CopyOptions JournalNode::copy_options(const std::string& name) const {
  CopyOptions options;
  options.name = name;
  options.directory = options_.directory + "/" + name;
  options.node_name = options_.name;
  options.boot = boot_;
  options.log = options_.log;
  options.log.on_damage = DamagePolicy::kServe;
  options.inline_bytes_max = options_.inline_bytes_max;
  return options;
}

Task<Result<void>> JournalNode::open_all() {
  CO_ASSIGN_OR_RETURN(const std::vector<std::string> names, co_await root_->list());
  for (const std::string& name : names)
    if (is_journal_name(name)) co_await open_journal(name);
  co_return ok();
}

Task<void> JournalNode::open_journal(std::string name) {
  auto directory = co_await seams_.disk.open_directory(options_.directory + "/" + name);
  if (!directory) {
    if (directory.error().code() == ErrorCode::kNotFound)
      unopened_.erase(name);  // nothing, or a file of somebody's
    else
      note_unopened(name, directory.error());
    co_return;
  }
  auto formatted = co_await LocalLog::is_formatted(**directory);
  if (formatted && !*formatted) {
    unopened_.erase(name);  // a format that was not finished: done again by the next one
    co_return;
  }
  auto copy = co_await JournalCopy::open(seams_, copy_options(name));
  if (!copy) {
    note_unopened(name, copy.error());
    co_return;
  }
  unopened_.erase(name);
  Journal& journal = journals_[name];
  journal.copy = kj::mv(*copy);
  journal.repair = kj::heap<CopyRepair>(seams_, *journal.copy, options_.repair);
}

// Said once for each reason.
void JournalNode::note_unopened(const std::string& name, const Error& why) {
  std::string& reason = unopened_[name];
  if (reason == why.text()) return;
  reason = why.text();
  seams_.log(LogLevel::kError, fmt::format("journal {} is not served: {}", name, reason));
}

// A journal that could not be opened is tried again: disks get room, files are put back.
Task<void> JournalNode::open_again() {
  while (!draining_) {
    co_await seams_.clock.after(options_.open_again);
    std::vector<std::string> names;
    for (const auto& [name, reason] : unopened_) names.push_back(name);
    for (const std::string& name : names) {
      const Turns::Turn turn = co_await format_turns_.take();
      co_await open_journal(name);
    }
  }
}

JournalCopy* JournalNode::copy(const std::string& journal) {
  const auto found = journals_.find(journal);
  return found == journals_.end() ? nullptr : found->second.copy.get();
}

std::vector<std::string> JournalNode::journals() const {
  std::vector<std::string> names;
  for (const auto& [name, journal] : journals_) names.push_back(name);
  return names;
}

Task<void> JournalNode::accept_all() {
  bool failing = false;  // said once
  while (!draining_) {
    kj::Promise<Accepted> accepting = listener_->accept();
    std::optional<Accepted> accepted;
    try {
      accepted.emplace(co_await kj::mv(accepting));
    } catch (const kj::Exception& exception) {
      if (!failing) seams_.log(LogLevel::kWarning, fmt::format("accepting a connection: {}", exception.getDescription().cStr()));
    }
    failing = !accepted;
    if (!accepted) {
      ++refused_connections_;
      co_await seams_.clock.after(std::chrono::milliseconds(10));  // out of descriptors, say
    } else if (connections_ >= options_.connections_max) {
      ++refused_connections_;  // and closed
    } else {
      tasks_.add(serve(kj::mv(*accepted)));
    }
  }
}

Task<void> JournalNode::serve(Accepted accepted) {
  const Counted counted(connections_);
  const PeerRights rights = options_.rights(accepted.identity.get());
  auto channel = kj::heap<StreamChannel>(kj::mv(accepted.stream), "a client", kNoFrames);
  co_await serve_opened(kj::mv(channel), rights);
}

Task<void> JournalNode::serve_opened(kj::Own<StreamChannel> channel, PeerRights rights) {
  kj::Promise<Result<StreamMessage>> receiving = channel->receive();
  auto first = co_await within(seams_.clock, options_.open_patience, kj::mv(receiving), "a new connection");
  if (!first || first->head.stream_kind() != StreamKind::kOpen) {
    ++refused_connections_;
    co_return;
  }
  auto open = wire::decode_open(first->control());
  if (!open) {
    ++refused_connections_;
    co_await refuse(kj::mv(channel), wire::Refusal::of(open.error()));
    co_return;
  }
  Journal* journal = nullptr;
  const bool control = std::holds_alternative<wire::OpenControl>(open->kind);
  auto found = find(*open);
  if (found) {
    journal = *found;
  } else if (!control || found.error().code() != ErrorCode::kNotFound || !(open->journal.empty() || is_journal_name(open->journal))) {
    co_await refuse(kj::mv(channel), wire::Refusal::of(found.error()));
    co_return;
  }
  if (control) {
    co_await serve_control(journal, kj::mv(channel), std::move(*open), rights);
  } else if (auto* append = std::get_if<wire::OpenAppend>(&open->kind)) {
    if (rights.write)
      co_await serve_append(*journal, kj::mv(channel), std::move(*append));
    else
      co_await refuse(kj::mv(channel), refusal(ErrorCode::kPermission, "the certificate's name is not allowed to write"));
  } else if (rights.read) {
    ReadSession session(seams_, *journal->copy, kj::mv(channel), std::move(std::get<wire::OpenRead>(open->kind)),
                        options_.session.silence_max);
    auto ended = co_await session.run();
    (void)ended;
  } else {
    co_await refuse(kj::mv(channel), refusal(ErrorCode::kPermission, "the certificate's name is not allowed to read"));
  }
}

Task<void> JournalNode::refuse(kj::Own<StreamChannel> channel, wire::Refusal refusal) {
  channel->send(control_head(StreamKind::kOpened), wire::encode(wire::Opened(std::move(refusal))));
  kj::Promise<void> sent = channel->when_unsent_below(0);
  co_await sent.exclusiveJoin(seams_.clock.after(options_.open_patience));
}

Result<JournalNode::Journal*> JournalNode::find(const wire::Open& open) {
  if (!open.journal.empty() && !is_journal_name(open.journal))
    return fail(ErrorCode::kInvalidArgument, "what was asked for is not a journal's name: 1 to 64 of letters, digits, '-', '_', '.'");
  if (const auto unopened = unopened_.find(open.journal); unopened != unopened_.end())
    return fail(ErrorCode::kIo, fmt::format("journal {} is not served: {}", open.journal, unopened->second));
  const auto found = journals_.find(open.journal);
  if (found == journals_.end())
    return fail(ErrorCode::kNotFound,
                fmt::format("no journal {} on {}; format it, or add this node to its members", open.journal, options_.name));
  const JournalCopy& copy = *found->second.copy;
  // Only who reads or asks may not know it yet.
  const bool any = open.namespace_id.is_nil() && !std::holds_alternative<wire::OpenAppend>(open.kind);
  if (!any && open.namespace_id != copy.namespace_id())
    return fail(ErrorCode::kForeign, fmt::format("journal {} on {} is of namespace {}, asked for was {}", open.journal, options_.name,
                                                 to_hex(copy.namespace_id()), to_hex(open.namespace_id)));
  if (!any && open.lineage != copy.lineage())
    return fail(ErrorCode::kForeign, fmt::format("journal {} on {} is of lineage {}, asked for was {}", open.journal, options_.name,
                                                 copy.lineage(), open.lineage));
  return &found->second;
}

Task<void> JournalNode::serve_append(Journal& journal, kj::Own<StreamChannel> channel, wire::OpenAppend open) {
  if (open.epoch.value == 0 || std::max(open.writer_name.size(), open.writer_host.size()) > kWriterNameBytesMax) {
    co_await refuse(kj::mv(channel),
                    refusal(ErrorCode::kInvalidArgument, "a writer has an epoch from 1 and a name and host of at most 255 bytes"));
    co_return;
  }
  JournalCopy& copy = *journal.copy;
  const wire::CopyState state = copy.state();
  if (open.epoch < state.promised || (open.epoch == state.promised && open.writer != state.promised_to)) {
    wire::Refusal fenced =
        refusal(ErrorCode::kFenced, fmt::format("epoch {} is over, epoch {} is promised", open.epoch.value, state.promised.value));
    fenced.promised = state.promised;
    co_await refuse(kj::mv(channel), std::move(fenced));
    co_return;
  }
  if (copy.failure()) {
    co_await refuse(kj::mv(channel), wire::Refusal::of(*copy.failure()));
    co_return;
  }
  channel->send(control_head(StreamKind::kOpened), wire::encode(wire::Opened(state)));
  channel->set_limits({});
  AppendSession session(seams_, copy, kj::mv(channel), std::move(open), options_.session);
  journal.writer = &session;
  const Error ended = co_await session.run();
  if (journal.writer == &session) journal.writer = nullptr;
  const LogLevel level = ended.code() == ErrorCode::kClosed ? LogLevel::kInfo : LogLevel::kWarning;
  seams_.log(level, fmt::format("journal {}: the connection of the writer of epoch {} ended: {}", copy.name(), session.writer().epoch.value,
                                ended.text()));
}

Task<void> JournalNode::serve_control(Journal* journal, kj::Own<StreamChannel> channel, wire::Open open, PeerRights rights) {
  wire::Opened opened;
  if (journal != nullptr) {
    opened = journal->copy->state();
  } else {
    wire::NodeFacts facts;
    facts.name = options_.name;
    facts.version = options_.version;
    facts.boot = boot_;
    facts.journals = journals();
    opened = std::move(facts);
  }
  channel->send(control_head(StreamKind::kOpened), wire::encode(opened));
  kj::Promise<void> serving = answer_all(journal, *channel, std::move(open.journal), rights);
  kj::Promise<void> stalling = kj::Promise<Error>(when_stalled(seams_.clock, *channel, options_.session.silence_max)).then([](Error&&) {});
  co_await serving.exclusiveJoin(kj::mv(stalling));
}

Task<void> JournalNode::answer_all(Journal* journal, StreamChannel& channel, std::string name, PeerRights rights) {
  while (true) {
    co_await channel.when_unsent_below(options_.session.unsent_bytes_max);
    auto message = co_await channel.receive();
    if (!message || message->head.stream_kind() != StreamKind::kRequest) co_return;
    auto request = wire::decode_request(message->control());
    wire::Answer answered = wire::Done{};
    if (request) {
      // Formatted meanwhile, perhaps on this very connection.
      const auto found = journals_.find(name);
      if (found != journals_.end()) journal = &found->second;
      answered = co_await answer(journal, name, std::move(*request), rights);
    } else {
      answered = wire::Refusal::of(request.error());
    }
    channel.send(control_head(StreamKind::kAnswer, message->head.number), wire::encode(answered));
  }
}

Task<wire::Answer> JournalNode::answer(Journal* journal, const std::string& name, wire::Request request, PeerRights rights) {
  if (std::holds_alternative<wire::StatusRequest>(request)) {
    const NodeStatus now = co_await do_status();
    co_return wire::Answer(options_.render_status(now));
  }
  if (auto* wanted = std::get_if<wire::FormatRequest>(&request)) {
    if (!rights.admin) co_return wire::Answer(refusal(ErrorCode::kPermission, "the certificate's name is not allowed to format"));
    co_return co_await format(name, std::move(*wanted));
  }
  if (journal == nullptr) co_return wire::Answer(refusal(ErrorCode::kNotFound, fmt::format("no journal {} on {}", name, options_.name)));
  JournalCopy& copy = *journal->copy;
  if (auto* promise = std::get_if<wire::PromiseRequest>(&request)) {
    if (!rights.write) co_return wire::Answer(refusal(ErrorCode::kPermission, "the certificate's name is not allowed to write"));
    auto granted = co_await copy.promise(promise->epoch, promise->writer);
    if (auto* state = std::get_if<wire::CopyState>(&granted)) co_return wire::Answer(std::move(*state));
    co_return wire::Answer(std::move(std::get<wire::Refusal>(granted)));
  }
  if (auto* purge = std::get_if<wire::PurgeRequest>(&request)) {
    if (!rights.write) co_return wire::Answer(refusal(ErrorCode::kPermission, "the certificate's name is not allowed to write"));
    auto purged = co_await copy.purge(purge->epoch, purge->writer, purge->upto);
    if (!purged) co_return wire::Answer(wire::Refusal::of(purged.error()));
    co_return wire::Answer(wire::Done{});
  }
  if (std::holds_alternative<wire::SegmentsRequest>(request)) co_return wire::Answer(copy.log()->segments());
  if (const auto* wanted = std::get_if<wire::OutcomeRequest>(&request)) {
    const std::shared_ptr<LocalLog> log = copy.log();
    auto outcome = co_await outcome_in(*log, wanted->ticket);
    if (!outcome) co_return wire::Answer(wire::Refusal::of(outcome.error()));
    const char* text = *outcome == Outcome::kCommitted ? "committed" : *outcome == Outcome::kNever ? "never" : "unknown";
    co_return wire::Answer(std::string(text));
  }
  if (auto* wanted = std::get_if<wire::ChangeRequest>(&request)) {
    if (!rights.admin) co_return wire::Answer(refusal(ErrorCode::kPermission, "the certificate's name is not allowed to change members"));
    co_return co_await change(journal, std::move(*wanted));
  }
  co_return wire::Answer(copy.state());
}

Task<wire::Answer> JournalNode::change(Journal* journal, wire::ChangeRequest request) {
  if (journal->writer == nullptr)
    co_return wire::Answer(refusal(ErrorCode::kNotFound, "no writer is connected to this node: members are changed by the active writer"));
  auto answered = co_await journal->writer->forward(std::move(request));
  if (!answered) co_return wire::Answer(wire::Refusal::of(answered.error()));
  co_return std::move(*answered);
}

// The same request again finishes what an interrupted one began, and changes nothing when it was done.
Task<wire::Answer> JournalNode::format(std::string name, wire::FormatRequest request) {
  const Turns::Turn turn = co_await format_turns_.take();
  if (!is_journal_name(name))
    co_return wire::Answer(refusal(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a journal's name", name)));
  if (request.namespace_id.is_nil() || request.disk.is_nil())
    co_return wire::Answer(
        refusal(ErrorCode::kInvalidArgument, fmt::format("formatting {}: the namespace or the disk has no identity", name)));
  if (const auto defect = start_defect(request.start))
    co_return wire::Answer(refusal(ErrorCode::kInvalidArgument, fmt::format("formatting {}: {}", name, *defect)));
  SlotState slots;
  slots.namespace_id = request.namespace_id;
  slots.lineage = request.lineage;
  slots.disk_id = request.disk;
  slots.start = request.start;
  slots.mark = request.start.position;
  // What failed behind its last step is whole.
  if (copy(name) == nullptr && !unopened_.contains(name)) co_await open_journal(name);
  if (JournalCopy* there = copy(name)) {
    const wire::CopyState state = there->state();
    const bool same = state.namespace_id == slots.namespace_id && state.lineage == slots.lineage && state.disk == slots.disk_id &&
                      state.start.position == slots.start.position && state.end() == slots.start.position && state.promised.value == 0;
    if (same) co_return wire::Answer(wire::Done{});
    co_return wire::Answer(refusal(
        ErrorCode::kExists, fmt::format("{} holds a journal {} of namespace {} already", options_.name, name, to_hex(state.namespace_id))));
  }
  if (const auto unopened = unopened_.find(name); unopened != unopened_.end())
    co_return wire::Answer(
        refusal(ErrorCode::kExists, fmt::format("{} holds a journal {} that cannot be opened: {}", options_.name, name, unopened->second)));
  auto directory = co_await seams_.disk.create_directory(options_.directory + "/" + name);
  if (!directory) co_return wire::Answer(wire::Refusal::of(directory.error()));
  auto formatted = co_await LocalLog::format(seams_, **directory, std::move(slots));
  if (!formatted) co_return wire::Answer(wire::Refusal::of(formatted.error()));
  *directory = nullptr;
  co_await open_journal(name);
  if (copy(name) == nullptr)
    co_return wire::Answer(refusal(ErrorCode::kIo, fmt::format("formatting {}: done, and then the journal was not opened", name)));
  seams_.log(LogLevel::kInfo, fmt::format("journal {}: formatted, namespace {}", name, to_hex(copy(name)->namespace_id())));
  co_return wire::Answer(wire::Done{});
}

Task<NodeStatus> JournalNode::do_status() {
  NodeStatus status;
  status.version = options_.version;
  status.name = options_.name;
  status.address = options_.listen;
  status.directory = options_.directory;
  status.started_wall_us = started_wall_us_;
  status.now_wall_us = seams_.clock.wall_us();
  status.boot = boot_;
  status.disk_reserve_bytes = options_.log.disk_reserve_bytes;
  status.connections = connections_;
  status.refused_connections = refused_connections_;
  status.draining = draining_;
  for (auto& [name, journal] : journals_) {
    JournalCopyStatus copy;
    journal.copy->fill(copy);
    copy.writer_connected = journal.writer != nullptr;
    if (journal.writer != nullptr) copy.pulling_from = journal.writer->pulling_from();
    status.journals.push_back(std::move(copy));
  }
  for (const auto& [name, reason] : unopened_) status.unopened.push_back(fmt::format("{}: {}", name, reason));
  auto free = co_await root_->free_bytes();
  if (free) status.disk_free_bytes = *free;
  co_return status;
}

Task<Result<void>> JournalNode::stop() {
  draining_ = true;
  listener_ = nullptr;
  tasks_.clear();
  Result<void> done = ok();
  for (auto& [name, journal] : journals_) {
    journal.repair = nullptr;
    auto closed = co_await journal.copy->close();
    if (!closed && done) done = closed;
  }
  lock_ = nullptr;
  co_return done;
}

void JournalNode::check_invariants() const {
  for (const auto& [name, journal] : journals_) journal.copy->check_invariants();
}

}  // namespace varve
