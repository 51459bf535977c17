#include "journal/journal_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/digest.h"
#include "base/result.h"
#include "editlog/control.h"
#include "journal/control_rule.h"

namespace varve {
namespace {

constexpr std::uint64_t kBatchBytesMax = 8u << 20;   // written with one sync
constexpr std::uint64_t kRecentBytesMax = 4u << 20;  // kept for followers
constexpr std::uint64_t kEpochLeapMax = std::uint64_t{1} << 32;

std::shared_ptr<LocalLog> shared(kj::Own<LocalLog> log) {
  auto owner = std::make_shared<kj::Own<LocalLog>>(kj::mv(log));
  return {owner, owner->get()};
}

std::uint64_t bytes_of_frames(const std::vector<FramePtr>& frames) {
  std::uint64_t bytes = 0;
  for (const FramePtr& frame : frames) bytes += frame->header().frame_bytes();
  return bytes;
}

// What is proved when all of the request is stored.
LogPosition proven_end(const AppendRequest& request) {
  return request.frames.empty() ? request.prev : request.frames.back()->header().position();
}

bool same_place(const LogPosition& a, const LogPosition& b) {
  return a.txid == b.txid && a.digest == b.digest;
}

// The epoch of the stored frame right behind `position`. Precondition: committed <= position < end.
Epoch epoch_behind(const std::vector<LogPosition>& branches, TxId position) {
  for (const LogPosition& branch : branches)
    if (branch.txid > position) return branch.epoch;
  return Epoch{0};
}

}  // namespace

Task<Result<kj::Own<JournalCopy>>> JournalCopy::open(Seams seams, CopyOptions options) {
  CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await seams.disk.open_directory(options.directory));
  CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await LocalLog::open(seams, kj::mv(directory), options.log));
  co_return kj::heap<JournalCopy>(seams, std::move(options), kj::mv(log));
}

JournalCopy::JournalCopy(Seams seams, CopyOptions options, kj::Own<LocalLog> log)
    : seams_(seams),
      options_(std::move(options)),
      namespace_id_(log->namespace_id()),
      lineage_(log->lineage()),
      reopen_delay_(options_.reopen_delay) {
  adopt(kj::mv(log));
}

JournalCopy::~JournalCopy() noexcept(false) {}

void JournalCopy::adopt(kj::Own<LocalLog> log) {
  log_ = shared(kj::mv(log));
  fence_ = std::max(fence_, log_->promised());
  if (fence_ == log_->promised()) fence_to_ = log_->promised_to();
  recent_.clear();
  recent_bytes_ = 0;
  nobodys_.clear();
  const auto start = decode_configuration(as_bytes(log_->start().configuration));
  if (start)
    for (const Member& member : start->members) was_member_ = was_member_ || member.disk == log_->disk_id();
  note_configuration();
  watch_log();
}

// A log that fails is opened again: what it proved goes to new files, if the disk takes it.
void JournalCopy::watch_log() {
  watch_ = log_->when_failed()
               .then([this](Error&& error) {
                 failure_ = std::move(error);
                 if (!closing_) tasks_.add(reopen());
               })
               .eagerlyEvaluate(nullptr);
}

Task<void> JournalCopy::reopen() {
  const Turns::Turn maintenance = co_await maintenance_.take();
  const Turns::Turn turn = co_await turns_.take();
  while (!closing_) {
    co_await seams_.clock.after(reopen_delay_);
    if (log_) {
      auto closed = co_await log_->close();
      (void)closed;  // it failed; that is why
    }
    auto directory = co_await seams_.disk.open_directory(options_.directory);
    Result<kj::Own<LocalLog>> opened = fail(ErrorCode::kIo, "");
    if (directory)
      opened = co_await LocalLog::open(seams_, kj::mv(*directory), options_.log, namespace_id_);
    else
      opened = fail(directory.error());
    if (opened) {
      ++counts_.reopens;
      failure_.reset();
      reopen_delay_ = options_.reopen_delay;
      seams_.log(LogLevel::kWarning,
                 fmt::format("journal {}: opened again after a failure; it ends at txid {}", options_.name, (*opened)->end().txid.value));
      adopt(kj::mv(*opened));
      tell_followers();
      break;
    }
    failure_ = opened.error();
    reopen_delay_ = std::min<std::chrono::nanoseconds>(2 * reopen_delay_, std::chrono::minutes(1));
    seams_.log(LogLevel::kError, fmt::format("journal {}: it does not vote: {}", options_.name, failure_->text()));
  }
}

wire::CopyState JournalCopy::state() const {
  wire::CopyState state;
  state.namespace_id = namespace_id_;
  state.lineage = lineage_;
  state.disk = log_->disk_id();
  state.boot = options_.boot;
  state.promised = fence_;
  state.promised_to = fence_to_;
  state.start = log_->start();
  state.committed = log_->committed();
  state.branches = log_->branches();
  state.tail_certain = log_->tail_certain();
  state.configuration = log_->configuration();
  state.removed = removed_;
  state.holed = has_hole();
  state.node_name = options_.node_name;
  return state;
}

// The newest segment is damaged below its end.
bool JournalCopy::has_hole() const {
  const std::vector<DamagedSegment> damaged = log_->damaged();
  return !damaged.empty() && damaged.back().last.txid >= log_->end().txid;
}

wire::Refusal JournalCopy::refuse(ErrorCode code, std::string text) const {
  return wire::Refusal{code, fmt::format("journal {} on {}: {}", options_.name, options_.node_name, text), fence_};
}

std::optional<wire::Refusal> JournalCopy::refusal(Epoch epoch, Uuid writer) const {
  if (closing_) return refuse(ErrorCode::kClosed, "the node is shutting down");
  if (failure_) return refuse(ErrorCode::kIo, fmt::format("it does not vote: {}", failure_->text()));
  if (epoch < fence_) return refuse(ErrorCode::kFenced, fmt::format("epoch {} is over, epoch {} is promised", epoch.value, fence_.value));
  if (epoch == fence_ && writer != fence_to_)
    return refuse(ErrorCode::kFenced, fmt::format("epoch {} is promised to another writer", epoch.value));
  if (epoch.value > fence_.value + kEpochLeapMax)
    return refuse(ErrorCode::kRefused, fmt::format("epoch {} is too far above {}, the highest promised", epoch.value, fence_.value));
  return std::nullopt;
}

// Makes `epoch` the promised one, durably. From the first line on older ones are refused. Precondition: the turn is held, !refusal().
Task<std::optional<wire::Refusal>> JournalCopy::take_up(Epoch epoch, Uuid writer) {
  if (log_->promised() == epoch && log_->promised_to() == writer) co_return std::nullopt;
  auto promised = co_await log_->promise(epoch, writer);
  if (!promised) co_return refuse(promised.error().code(), fmt::format("promising epoch {}: {}", epoch.value, promised.error().text()));
  ++counts_.promises;
  co_return std::nullopt;
}

Task<std::variant<wire::CopyState, wire::Refusal>> JournalCopy::do_promise(Epoch epoch, Uuid writer) {
  using Answer = std::variant<wire::CopyState, wire::Refusal>;
  if (removed_) co_return Answer(refuse(ErrorCode::kRefused, "this node was removed from the journal's members"));
  if (auto refused = refusal(epoch, writer)) co_return Answer(*std::move(refused));
  // Granted again to the same writer only before it appended: an append of it moves the end into its epoch.
  if (epoch == fence_ && log_->end().epoch == epoch)
    co_return Answer(refuse(ErrorCode::kRefused, fmt::format("epoch {} has begun to append", epoch.value)));
  fence_ = epoch;
  fence_to_ = writer;
  const Turns::Turn turn = co_await turns_.take();
  if (auto refused = refusal(epoch, writer)) co_return Answer(*std::move(refused));
  auto refused = co_await take_up(epoch, writer);
  if (refused) co_return Answer(*std::move(refused));
  if (fence_ != epoch) co_return Answer(*refusal(epoch, writer));
  co_return Answer(state());
}

kj::Promise<StoreAnswer> JournalCopy::append(AppendRequest request) {
  if (auto refused = refusal(request.epoch, request.writer)) {
    if (refused->code == ErrorCode::kFenced) ++counts_.refused_old_epoch;
    return StoreAnswer(*std::move(refused));
  }
  if (request.epoch > fence_) {
    fence_ = request.epoch;
    fence_to_ = request.writer;
  }
  auto paf = kj::newPromiseAndFulfiller<StoreAnswer>();
  Pending pending;
  pending.bytes = bytes_of_frames(request.frames) + kSectorBytes;
  pending.request = std::move(request);
  pending.done = kj::mv(paf.fulfiller);
  pending_bytes_ += pending.bytes;
  pending_.push_back(std::move(pending));
  if (!working_) {
    working_ = true;
    // At the end of the turn: what has arrived with it is written with it.
    tasks_.add(kj::evalLast([this]() -> kj::Promise<void> { return work(); }));
  }
  return kj::mv(paf.promise);
}

// An append written on the loop is done when the call returns: without this the next one would be written before the answers to the last
// ones have gone out, and before what has arrived meanwhile is here to be written with it. First the answers are made; they are sent last.
Task<void> JournalCopy::when_others_had_their_turn() {
  for (int i = 0; i < 2; ++i) {
    kj::Promise<void> turn = kj::evalLast([] {});
    co_await kj::mv(turn);
  }
}

Task<void> JournalCopy::work() {
  while (!pending_.empty()) {
    Turns::Turn turn = co_await turns_.take();
    std::deque<Pending> batch = take_batch();
    std::uint64_t bytes = 0;
    for (const Pending& pending : batch) bytes += pending.bytes;
    co_await store(batch);
    pending_bytes_ -= bytes;
    tell_pending();
    turn.end();
    if (!pending_.empty()) co_await when_others_had_their_turn();
  }
  working_ = false;
}

// Requests of one writer that continue each other. Precondition: !pending_.empty().
std::deque<JournalCopy::Pending> JournalCopy::take_batch() {
  std::deque<Pending> batch;
  std::uint64_t bytes = 0;
  while (!pending_.empty()) {
    const AppendRequest& next = pending_.front().request;
    if (!batch.empty()) {
      const AppendRequest& last = batch.back().request;
      if (next.epoch != last.epoch || next.writer != last.writer || !same_place(next.prev, proven_end(last))) break;
      if (bytes + pending_.front().bytes > kBatchBytesMax) break;
    }
    bytes += pending_.front().bytes;
    batch.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
  return batch;
}

// The whole batch as one request, and then each gets its own answer.
Task<void> JournalCopy::store(std::deque<Pending>& batch) {
  AppendRequest all;
  all.epoch = batch.front().request.epoch;
  all.writer = batch.front().request.writer;
  all.prev = batch.front().request.prev;
  for (Pending& pending : batch) {
    AppendRequest& request = pending.request;
    all.frames.insert(all.frames.end(), request.frames.begin(), request.frames.end());
    all.committed = std::max(all.committed, request.committed);
  }
  std::optional<StoreAnswer> answer;
  if (auto refused = refusal(all.epoch, all.writer)) answer = *std::move(refused);
  if (!answer) {
    auto refused = co_await take_up(all.epoch, all.writer);
    if (refused) answer = *std::move(refused);
  }
  LogPosition proven = proven_end(all);
  if (!answer) {
    std::vector<FramePtr> frames = all.frames;
    if (!same_place(all.prev, log_->end())) answer = co_await take_back(all, frames);
    // An unknown tail is mended only by what is known to be committed.
    if (!answer && !log_->tail_certain()) {
      const auto known = std::ranges::partition_point(all.frames, [&](const FramePtr& f) { return f->header().last() <= all.committed; });
      if (known != all.frames.end()) proven = known == all.frames.begin() ? all.prev : (*std::prev(known))->header().position();
      while (!frames.empty() && frames.back()->header().last() > proven.txid) frames.pop_back();
    }
    if (!answer && !frames.empty()) answer = co_await store_behind(all, std::move(frames));
  }
  // Overtaken by a promise while the disk worked: what is durable stays, but is not claimed.
  if (!answer && fence_ != all.epoch) answer = *refusal(all.epoch, all.writer);
  if (!answer) raise_committed(std::min(all.committed, proven.txid));
  for (Pending& pending : batch) {
    StoreAnswer mine = answer ? *answer : StoreAnswer(Stored{proven_end(pending.request)});
    if (!answer && proven_end(pending.request).txid > proven.txid) mine = Stored{proven};  // of an unknown tail: so far
    pending.done->fulfill(std::move(mine));
  }
}

// `prev` is not the end. Leaves in `frames` what is to be stored behind the end, after a cut if need be.
Task<std::optional<StoreAnswer>> JournalCopy::take_back(const AppendRequest& request, std::vector<FramePtr>& frames) {
  using Refused = std::optional<StoreAnswer>;
  auto found = co_await log_->find(request.prev.txid);
  if (!found && found.error().code() == ErrorCode::kDamaged) meet_damage(request.prev.txid);
  if (!found) co_return Refused(refuse(found.error().code(), found.error().text()));
  if (!*found || (*found)->digest != request.prev.digest) co_return Refused(Mismatch{});
  LogPosition position = **found;
  std::size_t held = 0;
  while (held < frames.size() && position.txid < log_->end().txid) {
    const FrameHeader& header = frames[held]->header();
    auto stored = co_await log_->find(header.last());
    if (!stored) {
      if (stored.error().code() == ErrorCode::kDamaged) meet_damage(header.last());
      co_return Refused(refuse(stored.error().code(), stored.error().text()));
    }
    if (!*stored || (*stored)->digest != header.self) break;
    position = **stored;
    ++held;
  }
  frames.erase(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(held));
  if (frames.empty() || position.txid == log_->end().txid) co_return std::nullopt;

  // Another frame stands where the next one belongs.
  const FrameHeader& next = frames.front()->header();
  if (position.txid < log_->committed().txid)
    co_return Refused(
        refuse(ErrorCode::kDamaged, fmt::format("an append of epoch {} would replace the committed transaction {}: the writer's log "
                                                "is not the journal's",
                                                request.epoch.value, next.first_txid)));
  const std::vector<LogPosition> branches = log_->branches();
  if (epoch_behind(branches, position.txid) == Epoch{next.epoch})
    co_return Refused(
        refuse(ErrorCode::kDamaged, fmt::format("two different frames of epoch {} begin at txid {}", next.epoch, next.first_txid)));
  const TxId end = log_->end().txid;
  const LogPosition to = position;
  auto cut = co_await log_->cut(to);
  if (!cut) co_return Refused(refuse(cut.error().code(), cut.error().text()));
  ++counts_.cuts;
  counts_.frames_cut += end.value - to.txid.value;
  seams_.log(LogLevel::kInfo,
             fmt::format("journal {}: took back txids {} to {}, which were never committed: epoch {} goes on behind txid {}", options_.name,
                         to.txid.value + 1, end.value, request.epoch.value, to.txid.value));
  recent_.clear();
  recent_bytes_ = 0;
  note_configuration();
  co_return std::nullopt;
}

// What has to be compared with the writer's log cannot be read. Damage that is new is looked at by opening the log again; damage that is
// known is being mended. When no member has what would mend it, and it may never have been committed, it is given up: the log is opened
// again without it and what is behind it, as one that does not know its end.
void JournalCopy::meet_damage(TxId place) {
  if (failure_ || closing_) return;
  const std::vector<DamagedSegment> damaged = log_->damaged();
  const auto known = std::ranges::find_if(damaged, [place](const DamagedSegment& d) { return d.first <= place && place <= d.last.txid; });
  if (known != damaged.end()) {
    const bool newest = known->last.txid == log_->end().txid;
    if (!known->in_progress || (known->last.txid <= log_->committed().txid && !newest) || !nobodys_.contains(known->first)) return;
    options_.log.end_behind_hole = false;
  }
  open_again_because("frames that must be compared with the writer's are damaged");
}

void JournalCopy::open_again_because(const char* reason) {
  failure_ = Error(ErrorCode::kDamaged, fmt::format("{}: the log is opened again", reason));
  tasks_.add(reopen());
}

void JournalCopy::note_unmended(TxId first, bool nobody_has_it) {
  if (nobody_has_it)
    nobodys_.insert(first);
  else
    nobodys_.erase(first);
}

bool JournalCopy::give_up_hole(TxId first) {
  const std::vector<DamagedSegment> damaged = log_->damaged();
  if (failure_ || closing_ || !options_.log.end_behind_hole || !has_hole()) return false;
  if (damaged.back().first != first || !damaged.back().in_progress) return false;
  options_.log.end_behind_hole = false;
  open_again_because("frames that nobody has any more are damaged");
  return true;
}

Task<std::optional<StoreAnswer>> JournalCopy::store_behind(AppendRequest& request, std::vector<FramePtr> frames) {
  using Refused = std::optional<StoreAnswer>;
  const FrameHeader& first = frames.front()->header();
  if (first.previous != log_->end().digest || first.first() != log_->end().txid.next()) co_return Refused(Mismatch{});
  Epoch epoch = log_->end().epoch;
  for (const FramePtr& frame : frames) {
    const Epoch next{frame->header().epoch};
    if (next < epoch || next > request.epoch)
      co_return Refused(refuse(ErrorCode::kDamaged, fmt::format("a frame of epoch {} behind one of epoch {}, appended by epoch {}",
                                                                next.value, epoch.value, request.epoch.value)));
    epoch = next;
    if (const auto defect = control_defect(*frame))
      co_return Refused(refuse(ErrorCode::kDamaged, fmt::format("the frame at txid {}: {}", frame->header().first_txid, *defect)));
  }
  if (log_->needs_segment() && !first.rolls())
    co_return Refused(
        refuse(ErrorCode::kDamaged, fmt::format("the frame at txid {} does not open a segment where one must begin", first.first_txid)));
  const std::uint64_t bytes = bytes_of_frames(frames);
  const RunOn where = bytes <= options_.inline_bytes_max ? RunOn::kInline : RunOn::kDiskThread;
  const auto began = seams_.clock.now();
  auto stored = co_await log_->append(frames, where);
  if (!stored) co_return Refused(refuse(stored.error().code(), stored.error().text()));
  const auto now = seams_.clock.now();
  sync_.add(now - began, now);
  ++counts_.batches;
  counts_.frames += frames.size();
  counts_.bytes += bytes;
  for (const FramePtr& frame : frames) counts_.transactions += frame->header().transactions;
  last_append_wall_us_ = seams_.clock.wall_us();
  keep_recent(frames);
  co_return std::nullopt;
}

void JournalCopy::raise_committed(TxId committed) {
  if (committed <= log_->committed().txid) return;
  const TxId before = log_->committed().txid;
  log_->commit_up_to(std::min(committed, log_->end().txid));
  if (log_->committed().txid == before) return;
  note_configuration();
  tell_followers();
}

void JournalCopy::note_configuration() {
  const auto configuration = decode_configuration(as_bytes(log_->committed_configuration().bytes));
  if (!configuration) return;
  bool named = false;
  for (const Member& member : configuration->members) named = named || member.disk == log_->disk_id();
  removed_ = was_member_ && !named;
  was_member_ = was_member_ || named;
}

Task<StoreAnswer> JournalCopy::do_restart(Epoch epoch, Uuid writer, LogStart start) {
  if (auto refused = refusal(epoch, writer)) co_return StoreAnswer(*std::move(refused));
  if (const auto defect = start_defect(start))
    co_return StoreAnswer(
        refuse(ErrorCode::kDamaged, fmt::format("beginning anew behind txid {}: {}", start.position.txid.value, *defect)));
  if (start.position.epoch > epoch)
    co_return StoreAnswer(refuse(ErrorCode::kDamaged, fmt::format("beginning anew behind txid {} of epoch {}, ordered by epoch {}",
                                                                  start.position.txid.value, start.position.epoch.value, epoch.value)));
  if (epoch > fence_) {
    fence_ = epoch;
    fence_to_ = writer;
  }
  const Turns::Turn maintenance = co_await maintenance_.take();
  const Turns::Turn turn = co_await turns_.take();
  if (auto refused = refusal(epoch, writer)) co_return StoreAnswer(*std::move(refused));
  auto refused = co_await take_up(epoch, writer);
  if (refused) co_return StoreAnswer(*std::move(refused));
  const LogPosition to = start.position;
  if (log_->committed().txid >= to.txid)
    co_return StoreAnswer(refuse(ErrorCode::kRefused, fmt::format("beginning anew behind txid {}: it is committed up to txid {}",
                                                                  to.txid.value, log_->committed().txid.value)));
  if (to.txid <= log_->end().txid) {
    auto held = co_await log_->find(to.txid);
    if (!held && held.error().code() == ErrorCode::kDamaged) meet_damage(to.txid);
    if (!held) co_return StoreAnswer(refuse(held.error().code(), held.error().text()));
    // It is here, and it is committed: what is purged elsewhere under the writer's order was.
    if (*held && (*held)->digest == to.digest) {
      raise_committed(to.txid);
      co_return StoreAnswer(Stored{to});
    }
  }
  auto restarted = co_await log_->restart(std::move(start));
  if (!restarted) co_return StoreAnswer(refuse(restarted.error().code(), restarted.error().text()));
  ++counts_.restarts;
  recent_.clear();
  recent_bytes_ = 0;
  note_configuration();
  tell_followers();
  co_return StoreAnswer(Stored{to});
}

Task<StoreAnswer> JournalCopy::do_settle(Epoch epoch, Uuid writer, TxId upto) {
  const Turns::Turn turn = co_await turns_.take();
  if (auto refused = refusal(epoch, writer)) co_return StoreAnswer(*std::move(refused));
  if (log_->promised() != epoch || log_->end().txid < upto || log_->committed().txid < upto)
    co_return StoreAnswer(
        refuse(ErrorCode::kRefused, fmt::format("it is committed up to txid {}, not {}", log_->committed().txid.value, upto.value)));
  if (!log_->tail_certain()) {
    auto settled = co_await log_->settle_tail();
    if (!settled) co_return StoreAnswer(refuse(settled.error().code(), settled.error().text()));
    ++counts_.settled;
    seams_.log(LogLevel::kInfo,
               fmt::format("journal {}: nothing is missing any more up to txid {}; it votes again", options_.name, upto.value));
  }
  auto reached = co_await log_->find(upto);
  LogPosition position = log_->end();
  if (reached && *reached) position = **reached;
  co_return StoreAnswer(Stored{position});
}

Task<Result<void>> JournalCopy::do_purge(Epoch epoch, Uuid writer, TxId upto) {
  const Turns::Turn maintenance = co_await maintenance_.take();
  if (auto refused = refusal(epoch, writer)) co_return fail(refused->error());
  auto purged = co_await log_->purge(std::min(upto, log_->committed().txid));
  if (!purged) co_return fail(purged.error());
  co_return ok();
}

Task<Result<void>> JournalCopy::do_drop_damaged(TxId last, TxId upto) {
  const Turns::Turn maintenance = co_await maintenance_.take();
  if (failure_ || closing_) co_return fail(ErrorCode::kClosed, "the log is not open");
  auto purged = co_await log_->purge(std::min(upto, log_->committed().txid));
  if (!purged) co_return fail(purged.error());
  if (log_->start().position.txid < last) co_return fail(ErrorCode::kRefused, "the damaged part is not committed here, or the newest");
  co_return ok();
}

Task<Result<void>> JournalCopy::do_mend(TxId first, kj::Own<LogReader> good) {
  const Turns::Turn maintenance = co_await maintenance_.take();
  if (failure_ || closing_) co_return fail(ErrorCode::kClosed, "the log is not open");
  auto mended = co_await log_->mend(first, kj::mv(good));
  if (mended) ++counts_.mends;
  if (mended) nobodys_.erase(first);
  co_return mended;
}

void JournalCopy::keep_recent(const std::vector<FramePtr>& frames) {
  if (followers_ == 0) return;
  for (const FramePtr& frame : frames) {
    recent_.push_back(frame);
    recent_bytes_ += frame->header().frame_bytes();
  }
  while (!recent_.empty() && recent_bytes_ > kRecentBytesMax) {
    recent_bytes_ -= recent_.front()->header().frame_bytes();
    recent_.pop_front();
  }
}

std::vector<FramePtr> JournalCopy::recent_after(LogPosition after) const {
  std::vector<FramePtr> frames;
  const auto first = std::ranges::partition_point(recent_, [&](const FramePtr& f) { return f->header().last() <= after.txid; });
  if (first == recent_.end() || (*first)->header().previous != after.digest) return frames;
  for (auto frame = first; frame != recent_.end() && (*frame)->header().last() <= log_->committed().txid; ++frame) frames.push_back(*frame);
  return frames;
}

void JournalCopy::remove_follower() {
  if (--followers_ > 0) return;
  recent_.clear();
  recent_bytes_ = 0;
}

kj::Promise<void> JournalCopy::when_committed_above(TxId txid) {
  if (log_->committed().txid > txid) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  followers_waiting_.push_back({txid.value, kj::mv(paf.fulfiller)});
  return kj::mv(paf.promise);
}

void JournalCopy::tell_followers() {
  for (Waiting& waiting : followers_waiting_) waiting.fulfiller->fulfill();
  followers_waiting_.clear();
}

kj::Promise<void> JournalCopy::when_pending_below(std::uint64_t bytes) {
  if (pending_bytes_ <= bytes) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  pending_waiting_.push_back({bytes, kj::mv(paf.fulfiller)});
  return kj::mv(paf.promise);
}

void JournalCopy::tell_pending() {
  std::erase_if(pending_waiting_, [this](Waiting& waiting) {
    if (pending_bytes_ > waiting.limit) return false;
    waiting.fulfiller->fulfill();
    return true;
  });
}

void JournalCopy::note_writer(std::string name, std::string host, TxId end) {
  writer_name_ = std::move(name);
  writer_host_ = std::move(host);
  writer_end_ = end;
}

void JournalCopy::fill(JournalCopyStatus& status) {
  status.name = options_.name;
  status.directory = options_.directory;
  status.namespace_id = namespace_id_;
  status.lineage = lineage_;
  status.disk = log_->disk_id();
  if (const auto configuration = decode_configuration(as_bytes(log_->committed_configuration().bytes)))
    status.members = configuration->members;
  for (const Member& member : status.members) {
    if (member.disk != status.disk) continue;
    status.member = true;
    status.role = member.role;
  }
  status.promised = fence_;
  status.writer = writer_name_;
  status.writer_host = writer_host_;
  status.first = log_->start().position.txid.next();
  status.end = log_->end();
  status.committed = log_->committed();
  status.writer_end = std::max(writer_end_, status.end.txid);
  status.tail_certain = log_->tail_certain();
  for (const DamagedSegment& damaged : log_->damaged()) status.damage.push_back(damaged.what);
  if (failure_) status.failure = failure_->text();
  status.segments = log_->segments().size();
  status.disk_bytes = log_->disk_bytes();
  status.followers = followers_;
  status.batches = counts_.batches;
  status.frames = counts_.frames;
  status.transactions = counts_.transactions;
  status.bytes = counts_.bytes;
  status.promises = counts_.promises;
  status.refused_old_epoch = counts_.refused_old_epoch;
  status.cuts = counts_.cuts;
  status.frames_cut = counts_.frames_cut;
  status.segments_pulled = counts_.pulls;
  status.segments_mended = counts_.mends;
  status.sync = sync_.summary(seams_.clock.now());
  status.last_append_wall_us = last_append_wall_us_;
}

Task<Result<void>> JournalCopy::close() {
  closing_ = true;
  const Turns::Turn turn = co_await turns_.take();
  watch_ = nullptr;
  auto closed = co_await log_->close();
  tell_followers();
  co_return closed;
}

void JournalCopy::check_invariants() const {
  CHECK(fence_ >= log_->promised(), fence_.value, log_->promised().value);
  if (!turns_.taken() && !failure_) log_->check_invariants();  // else it is in the middle of a step
}

}  // namespace varve
