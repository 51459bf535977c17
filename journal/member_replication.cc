#include "journal/member_replication.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/digest.h"
#include "base/result.h"
#include "journal/node_connection.h"

namespace varve {

MemberReplication::MemberReplication(Seams seams, ReplicatedLog& log, Member member, ReplicationOptions options)
    : seams_(seams), log_(log), member_(std::move(member)), options_(options), retry_(options.retry_min) {}

MemberReplication::~MemberReplication() noexcept(false) {}

void MemberReplication::start() {
  tasks_.add(run());
}

bool MemberReplication::level() const {
  return state_ == State::kStreaming && in_flight_.empty() && next_ == log_.window().end() && told_committed_ == log_.committed().txid;
}

Task<void> MemberReplication::run() {
  while (true) {
    const Error ended = co_await session();
    session_tasks_.clear();
    channel_ = nullptr;
    state_ = State::kAway;
    wake_scheduled_ = false;
    in_flight_.clear();
    in_flight_bytes_ = 0;
    note_end(ended);
    const std::chrono::nanoseconds jitter(seams_.random.below(static_cast<std::uint64_t>(retry_.count()) / 2 + 1));
    co_await seams_.clock.after(retry_ + jitter);
    retry_ = std::min(2 * retry_, options_.retry_max);
  }
}

// Said once, not with every attempt.
void MemberReplication::note_end(const Error& error) {
  problem_ = error.text();
  if (problem_ == said_problem_) return;
  said_problem_ = problem_;
  const LogLevel level = error.code() == ErrorCode::kClosed || error.code() == ErrorCode::kIo ? LogLevel::kInfo : LogLevel::kWarning;
  seams_.log(level, fmt::format("journal {}: sending to {} ended: {}", log_.journal().name, member_.address, problem_));
}

Task<Error> MemberReplication::session() {
  wire::Open open;
  open.journal = log_.journal().name;
  open.namespace_id = log_.journal().namespace_id;
  open.lineage = log_.journal().lineage;
  open.kind = log_.introduction();
  auto opened = co_await open_or_be_refused(seams_, member_.address, std::move(open), options_.patience);
  if (!opened) co_return opened.error();
  if (const auto* refused = std::get_if<wire::Refusal>(&opened->opened)) {
    note_fence(*refused);
    co_return problem_with(refused->code, refused->text);
  }
  const auto* state = std::get_if<wire::CopyState>(&opened->opened);
  if (state == nullptr) co_return problem_with(ErrorCode::kDamaged, "it did not say where its log ends");
  if (state->disk != member_.disk)
    co_return problem_with(ErrorCode::kRefused,
                           fmt::format("another disk answers there ({}, expected {}): it is not that member any more; remove "
                                       "it from the members and add it as a new one",
                                       to_hex(state->disk), to_hex(member_.disk)));
  if (state->tail_certain && state->end().txid < acknowledged_.txid) lost_ = true;
  if (lost_)
    co_return problem_with(ErrorCode::kRefused,
                           fmt::format("it ends at txid {}, but acknowledged txid {}: an old copy of its disk was put back; "
                                       "remove it from the members and add it as a new one",
                                       state->end().txid.value, acknowledged_.txid.value));
  channel_ = kj::mv(opened->channel);
  first_valid_ = number_ + 1;
  told_committed_ = TxId{0};
  heard_ = said_ = seams_.clock.now();
  auto matched = match(*state);
  if (!matched) co_return matched.error();
  kj::Promise<Error> receiving = receive_all();
  kj::Promise<Error> guarding = keep_alive();
  co_return co_await receiving.exclusiveJoin(kj::mv(guarding));
}

Error MemberReplication::problem_with(ErrorCode code, const std::string& text) {
  problem_ = fmt::format("{}: {}", member_.address, text);
  return Error(code, problem_);
}

Task<Error> MemberReplication::receive_all() {
  while (true) {
    auto message = co_await channel_->receive();
    if (!message) co_return message.error();
    heard_ = seams_.clock.now();
    auto taken = take(*message);
    if (!taken) co_return taken.error();
  }
}

// Timers come late on a busy loop, so the clock itself is looked at.
Task<Error> MemberReplication::keep_alive() {
  while (true) {
    co_await seams_.clock.after(options_.heartbeat);
    const auto now = seams_.clock.now();
    if (now - heard_ > options_.silence_max)
      co_return problem_with(ErrorCode::kIo,
                             fmt::format("nothing heard for {} s", std::chrono::duration_cast<std::chrono::seconds>(now - heard_).count()));
    if (state_ == State::kStreaming) {
      send_more();
      if (now - said_ >= options_.heartbeat && in_flight_.empty()) send_append({});
      settle_if_due();
    } else if (state_ == State::kStuck) {
      auto ordered = order_pull();
      if (!ordered) problem_ = ordered.error().text();
    }
  }
}

Result<void> MemberReplication::take(const StreamMessage& message) {
  switch (message.head.stream_kind()) {
    case StreamKind::kStored:
      return take_stored(message.head);
    case StreamKind::kMismatch: {
      if (message.head.number < first_valid_) return ok();
      ASSIGN_OR_RETURN(const wire::CopyState state, wire::decode_copy_state(message.control()));
      return match(state);
    }
    case StreamKind::kRefused: {
      ASSIGN_OR_RETURN(const wire::Refusal refusal, wire::decode_refusal(message.control()));
      return take_refusal(message.head, refusal);
    }
    case StreamKind::kRequest: {
      ASSIGN_OR_RETURN(wire::Request request, wire::decode_request(message.control()));
      auto* change = std::get_if<wire::ChangeRequest>(&request);
      if (change == nullptr) return fail(problem_with(ErrorCode::kDamaged, "it asks the writer something that is not the writer's"));
      session_tasks_.add(
          kj::Promise<wire::Answer>(log_.change_members(std::move(*change))).then([this, number = message.head.number](wire::Answer&& a) {
            channel_->send(control_head(StreamKind::kAnswer, number), wire::encode(a));
          }));
      return ok();
    }
    default:
      return fail(problem_with(ErrorCode::kDamaged, fmt::format("a message of kind {} on an append connection", message.head.kind)));
  }
}

Result<void> MemberReplication::take_stored(const StreamHead& head) {
  if (head.number < first_valid_ || Epoch{head.epoch} != log_.introduction().epoch) return ok();
  const LogPosition position = head.position();
  if (state_ == State::kOrdered && head.number == ordered_) {
    next_ = position;
    state_ = State::kStreaming;
    if (log_.window().holds(position)) acknowledge(position);
    send_more();
    return ok();
  }
  if (head.number == settling_) {
    settling_ = 0;
    return ok();
  }
  if (in_flight_.empty() || in_flight_.front().number != head.number) return ok();
  const InFlight done = in_flight_.front();
  in_flight_.pop_front();
  in_flight_bytes_ -= done.bytes;
  if (position.txid != done.end.txid || position.digest != done.end.digest)
    return fail(problem_with(ErrorCode::kDamaged,
                             fmt::format("it proved txid {} where txid {} was sent", position.txid.value, done.end.txid.value)));
  problem_.clear();
  retry_ = options_.retry_min;
  acknowledge(done.end);
  settle_if_due();
  wake();  // at the end of the turn: what is committed now is answered with new transactions, and goes out with them
  return ok();
}

void MemberReplication::acknowledge(const LogPosition& position) {
  if (position.txid <= acknowledged_.txid) return;
  acknowledged_ = position;
  log_.on_acknowledged();
}

// An unknown tail is certain again when it holds, committed, all that it acknowledged to this writer and the first frame of this writer's
// epoch: what it acknowledged to older writers and is not below that was never committed.
void MemberReplication::settle_if_due() {
  if (!mending_ || acknowledged_.txid < settle_at_ || told_committed_ < settle_at_) return;
  mending_ = false;
  settling_ = ++number_;
  channel_->send(control_head(StreamKind::kOrder, settling_), wire::encode(wire::Order(wire::SettleOrder{settle_at_})));
}

void MemberReplication::note_fence(const wire::Refusal& refusal) {
  const bool higher = refusal.code == ErrorCode::kFenced && refusal.promised > log_.introduction().epoch;
  if (higher && member_.role == MemberRole::kVoter) log_.on_fenced(refusal.promised, refusal.text);
}

Result<void> MemberReplication::take_refusal(const StreamHead& head, const wire::Refusal& refusal) {
  note_fence(refusal);
  if (refusal.code == ErrorCode::kFenced) return fail(problem_with(ErrorCode::kFenced, refusal.text));
  if (head.number < first_valid_) return ok();
  if (state_ == State::kOrdered && head.number == ordered_) {
    state_ = State::kStuck;
    problem_ = refusal.text;
    if (refusal.code == ErrorCode::kNotFound) session_tasks_.add(order_restart(source_));
    if (refusal.code == ErrorCode::kNotFound || !holed_) return ok();
  }
  return fail(problem_with(refusal.code, refusal.text));
}

// Where to go on, now that the member has said where it stands.
Result<void> MemberReplication::match(const wire::CopyState& state) {
  in_flight_.clear();
  in_flight_bytes_ = 0;
  first_valid_ = number_ + 1;
  mending_ = !state.tail_certain;
  settling_ = 0;
  settle_at_ = std::max(acknowledged_.txid, log_.first_own());
  if (state.committed.txid > log_.window().end().txid) {
    const std::string text = fmt::format("txid {} is committed there, this writer has framed up to {}", state.committed.txid.value,
                                         log_.window().end().txid.value);
    log_.on_contradiction(text);
    return fail(problem_with(ErrorCode::kDamaged, text));
  }
  // It is mended, and then says so at the next attempt; or nobody has what would mend it, and it begins anew where they begin.
  holed_ = state.holed;
  if (const auto common = common_point(state); common && !holed_) {
    next_ = *common;
    state_ = State::kStreaming;
    send_append({});  // proves the common point, and tells what is committed
    send_more();
    return ok();
  }
  state_ = State::kStuck;
  return order_pull();
}

std::optional<LogPosition> MemberReplication::common_point(const wire::CopyState& state) const {
  const FrameWindow& window = log_.window();
  for (auto branch = state.branches.rbegin(); branch != state.branches.rend(); ++branch) {
    if (window.holds(*branch)) return *branch;
    // Both hold frames of one epoch, whose writer was one: the shorter is a prefix of the longer.
    const auto mine = window.last_of(branch->epoch);
    if (mine && mine->txid < branch->txid && mine->txid >= state.committed.txid) return mine;
  }
  return std::nullopt;
}

Result<void> MemberReplication::order_pull() {
  const auto source = log_.source_for(member_.disk, pulls_);
  if (!source) {
    state_ = State::kStuck;
    problem_ = fmt::format("{}: it misses what is not in the writer's memory any more, and no other member that holds it answers",
                           member_.address);
    if (holed_) return fail(ErrorCode::kDamaged, problem_);
    return ok();
  }
  ++pulls_;
  source_ = *source;
  wire::PullOrder pull;
  pull.source = *source;
  pull.to = log_.committed();
  order(std::move(pull));
  return ok();
}

// What the member misses is purged at the source: it begins where that begins.
Task<void> MemberReplication::order_restart(std::string source) {
  wire::Open open;
  open.journal = log_.journal().name;
  open.namespace_id = log_.journal().namespace_id;
  open.lineage = log_.journal().lineage;
  auto connection = co_await NodeConnection::open(seams_, std::move(source), std::move(open), options_.patience);
  if (!connection) co_return;
  const auto* state = std::get_if<wire::CopyState>(&(*connection)->opened());
  if (state == nullptr || state_ != State::kStuck) co_return;
  wire::RestartOrder restart;
  restart.start = state->start;
  order(std::move(restart));
}

void MemberReplication::order(wire::Order order) {
  state_ = State::kOrdered;
  ordered_ = ++number_;
  in_flight_.clear();
  in_flight_bytes_ = 0;
  first_valid_ = ordered_;
  channel_->send(control_head(StreamKind::kOrder, ordered_), wire::encode(order));
}

void MemberReplication::wake() {
  if (wake_scheduled_ || state_ != State::kStreaming) return;
  wake_scheduled_ = true;
  session_tasks_.add(kj::evalLast([this]() {
    wake_scheduled_ = false;
    if (state_ == State::kStreaming) send_more();
  }));
}

void MemberReplication::send_now() {
  if (state_ == State::kStreaming) send_more();
}

void MemberReplication::send_more() {
  const FrameWindow& window = log_.window();
  while (state_ == State::kStreaming && in_flight_bytes_ < options_.window_bytes) {
    if (!window.holds(next_)) {
      // Its window was full for so long that the writer's memory went on without it.
      if (in_flight_.empty()) {
        auto ordered = order_pull();
        if (!ordered) problem_ = ordered.error().text();
      }
      return;
    }
    const TxId upto = mending_ ? log_.committed().txid : window.end().txid;
    const std::vector<FramePtr> frames = window.behind(next_, upto, options_.message_bytes);
    if (frames.empty()) break;
    send_append(frames);
  }
  if (state_ == State::kStreaming && told_committed_ < log_.committed().txid && in_flight_bytes_ < options_.window_bytes) send_append({});
}

void MemberReplication::send_append(const std::vector<FramePtr>& frames) {
  StreamHead head = control_head(StreamKind::kAppend, ++number_);
  head.epoch = log_.introduction().epoch.value;
  head.set_position(next_);
  head.committed = log_.committed().txid.value;
  head.writer_end = log_.window().end().txid.value;
  std::uint64_t bytes = kSectorBytes;
  for (const FramePtr& frame : frames) bytes += frame->header().frame_bytes();
  if (!frames.empty()) next_ = frames.back()->header().position();
  told_committed_ = TxId{head.committed};
  said_ = seams_.clock.now();
  in_flight_.push_back({number_, next_, bytes});
  in_flight_bytes_ += bytes;
  channel_->send(head, frames);
}

}  // namespace varve
