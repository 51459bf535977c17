#include "ha/replica.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "base/result.h"

namespace varve {
namespace {

// A frame up to this size is written and synced on the loop itself when nothing else waits there: the wake-up of a disk thread and back
// would cost as much as the sync.
constexpr std::uint64_t kInlineBytesMax = 64u << 10;
// Full frames handed to the writer ahead of the one being written, so that they are sealed while the disk works.
constexpr std::uint64_t kAheadBytesMax = 8u << 20;
// Transactions applied before the loop looks at the disk and the queue again: the disk idles for half of a slice on average.
constexpr std::size_t kSliceTransactions = 32;
// How long a checkpoint rests after a piece of work, and at most: it must end.
constexpr int kRestForWork = 3;
constexpr std::chrono::nanoseconds kRestMax = std::chrono::milliseconds(10);

}  // namespace

Replica::Replica(Seams seams, kj::Own<Journal> journal, kj::Own<ImageDirectory> images, ReplicaConfig config, StateMachine& machine,
                 SubmitQueue& queue)
    : seams_(seams), config_(std::move(config)), machine_(machine), queue_(queue), journal_(kj::mv(journal)), images_(kj::mv(images)) {}

Replica::~Replica() noexcept(false) {}

Task<Result<kj::Own<Replica>>> Replica::open(Seams seams, kj::Own<Journal> journal, kj::Own<ImageDirectory> images, ReplicaConfig config,
                                             StateMachine& machine, SubmitQueue& queue) {
  auto replica = kj::heap<Replica>(seams, kj::mv(journal), kj::mv(images), std::move(config), machine, queue);
  auto recovered = co_await replica->recover();
  if (!recovered) {
    auto closed = co_await replica->journal_->close();
    if (!closed) seams.log(LogLevel::kWarning, closed.error().text());
    co_return fail(recovered.error());
  }
  co_return kj::mv(replica);
}

Task<Result<void>> Replica::recover() {
  machine_.reset();  // what an earlier reign left: not to be held beside what is loaded
  const auto began = seams_.clock.now();
  auto loaded = co_await load_newest_image(seams_, *images_, *journal_, machine_);
  if (!loaded) co_return fail(loaded.error());
  RecoveredState state = *loaded;
  // What is known to be committed first: a damaged log is found before anything is written to it.
  auto replayed = co_await replay(*journal_, machine_, state);
  if (!replayed) co_return fail(replayed.error());
  auto writer = co_await journal_->become_writer(config_.writer_name, config_.host, machine_.schema());
  if (!writer) co_return fail(writer.error().within("becoming the writer"));
  writer_ = kj::mv(*writer);
  over_ = writer_->when_over().then([this](Error&& error) { fail_reign(error); }).eagerlyEvaluate(nullptr);
  // With its EpochStart committed everything below it is: the rest, and the EpochStart itself.
  replayed = co_await replay(*journal_, machine_, state);
  if (!replayed) co_return fail(replayed.error());
  // A quorum's writer may have framed control transactions of its own meanwhile; data only comes from here.
  CHECK(state.position.txid <= writer_->committed().txid, state.position.txid.value, writer_->committed().txid.value);

  applied_ = state.position;
  applied_txid_ = state.position.txid;
  counters_.recovery = {state.image, state.replayed, journal_->status().torn_bytes_cut, state.images_passed_over,
                        std::chrono::duration_cast<std::chrono::microseconds>(seams_.clock.now() - began)};
  checkpointer_ = kj::heap<Checkpointer>(
      seams_, *images_, *journal_, config_.checkpoint, config_.image_chunk_bytes, [this] { return freeze(); }, [this] { return pace(); });
  checkpointer_->start_from(state.image, state.replayed, state.replayed_bytes);
  co_return ok();
}

// A frame that still fills is taken only when the journal would be idle and `partial` says so; full ones are sealed ahead of it.
void Replica::take_frames(bool partial) {
  if (failure_ || pumping_) return;
  pumping_ = true;
  while (!failure_ && (in_flight_ == 0 || in_flight_bytes_ < kAheadBytesMax)) {
    auto batch = in_flight_ == 0 && partial ? queue_.take() : queue_.take_full(config_.ahead_bytes);
    if (!batch) break;
    append(std::move(*batch));
  }
  pumping_ = false;
}

void Replica::append(SubmitQueue::Batch batch) {
  const std::uint64_t bytes = batch.bytes;
  const bool alone = in_flight_ == 0 && applying_.empty();
  const RunOn where = alone && bytes <= kInlineBytesMax ? RunOn::kInline : RunOn::kDiskThread;
  ++in_flight_;
  in_flight_bytes_ += bytes;
  appends_.add(writer_->append(std::move(batch.builder), where)
                   .then([this, completions = std::move(batch.completions), bytes](Result<FramePtr>&& frame) mutable {
                     on_appended(std::move(frame), std::move(completions), bytes);
                   }));
}

void Replica::on_appended(Result<FramePtr>&& frame, std::vector<Engine::Completion>&& completions, std::uint64_t bytes) {
  --in_flight_;
  in_flight_bytes_ -= bytes;
  if (frame) {
    ++counters_.frames;
    counters_.frame_transactions += completions.size();
    counters_.frame_bytes += (*frame)->header().frame_bytes();
    applying_.push_back(Applying{std::move(*frame), std::move(completions), bytes, false});
    // The disk first: it works while these are applied. But those soon applied may be answered with new ones, which then go into one
    // frame with what waits.
    applying_.back().at_once = soon_applied();
    if (!applying_.back().at_once) pump();
    start_applying();
    pump();
    return;
  }
  refuse(std::move(completions), bytes, frame.error());
  if (frame.error().code() != ErrorCode::kNoSpace) fail_reign(frame.error());
  pump();
  tell_if_idle();
}

void Replica::refuse(std::vector<Engine::Completion>&& completions, std::uint64_t bytes, const Error& error) {
  const std::optional<Ticket> last = error.ticket();
  for (std::size_t i = 0; i < completions.size(); ++i) {
    Error mine = error;
    if (last) mine = error.with_ticket(Ticket{TxId{last->txid.value + 1 + i - completions.size()}, last->epoch, last->frame});
    completions[i](fail(std::move(mine)));
  }
  queue_.release(bytes);
}

void Replica::fail_reign(const Error& error) {
  if (failure_) return;
  failure_ = error;
  seams_.log(LogLevel::kError, fmt::format("the reign of epoch {} is over: {}", writer_->epoch().value, error.text()));
  const ErrorCode code = error.code() == ErrorCode::kOutcomeUnknown ? ErrorCode::kIo : error.code();
  const Error refused(code, fmt::format("not appended, the reign is over: {}", error.text()));
  queue_.close(refused);
  while (auto batch = queue_.take()) refuse(std::move(batch->completions), batch->bytes, refused);
}

bool Replica::soon_applied() const {
  if (apply_running_ || applying_.size() != 1) return false;
  const std::size_t transactions = applying_.front().completions.size();
  return transactions <= config_.soon_applied_transactions &&
         apply_cost_ * static_cast<double>(transactions) <= static_cast<double>(config_.soon_applied_for.count());
}

void Replica::start_applying() {
  if (apply_running_ || applying_.empty()) return;
  apply_running_ = true;
  apply_task_ = kj::Promise<void>(apply_committed()).eagerlyEvaluate([](kj::Exception&& e) { CHECK(false, e.getDescription().cStr()); });
}

Task<void> Replica::apply_committed() {
  while (!applying_.empty()) {
    Applying applying = std::move(applying_.front());
    applying_.pop_front();
    TransactionCursor cursor = applying.frame->transactions();
    std::size_t index = 0;
    while (true) {
      apply_slice(applying, cursor, index);
      if (index == applying.completions.size()) break;
      take_frames(!far_away());                                  // what these are answered with goes into one frame, or several large ones
      co_await seams_.clock.after(std::chrono::nanoseconds(0));  // the loop sees what the disk has done meanwhile
    }
    finish_frame(applying);
    pump();
  }
  apply_running_ = false;
  tell_if_idle();
}

void Replica::apply_slice(Applying& applying, TransactionCursor& cursor, std::size_t& index) {
  const std::size_t begin = index;
  const std::size_t all = applying.completions.size();
  const std::size_t end = applying.at_once ? all : std::min(all, index + kSliceTransactions);
  const auto began = seams_.clock.now();
  for (; index < end; ++index) {
    CHECK(cursor.next());
    Reply reply = machine_.apply(cursor.txid(), cursor.bytes());
    applied_txid_ = cursor.txid();
    applying.completions[index](Committed{cursor.txid(), std::move(reply)});
  }
  const auto took = static_cast<double>((seams_.clock.now() - began).count());
  apply_cost_ += (took / static_cast<double>(end - begin) - apply_cost_) / 8;
}

void Replica::finish_frame(const Applying& applying) {
  const FrameHeader& header = applying.frame->header();
  applied_ = header.position();
  queue_.release(applying.bytes);
  for (auto& waiting : freezing_) waiting->fulfill(freeze_now());
  freezing_.clear();
  checkpointer_->applied(header.transactions, header.frame_bytes());
}

kj::Promise<FrozenState> Replica::freeze() {
  if (applied_txid_ == applied_.txid) return freeze_now();
  auto paf = kj::newPromiseAndFulfiller<FrozenState>();
  freezing_.push_back(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

FrozenState Replica::freeze_now() {
  FrozenState frozen;
  frozen.point = ImagePoint{journal_->namespace_id(), journal_->lineage(), applied_, journal_->configuration(), machine_.schema()};
  frozen.declare = [this, view = machine_.freeze()](ImageSink& sink) { machine_.save(view, sink); };
  return frozen;
}

// While transactions come in, the checkpoint works a quarter of the time; else all of it.
std::chrono::nanoseconds Replica::pace() {
  const auto now = seams_.clock.now();
  const bool busy = counters_.frames != frames_at_pace_;
  frames_at_pace_ = counters_.frames;
  const std::chrono::nanoseconds delay = busy ? std::min(kRestForWork * (now - resumed_), kRestMax) : std::chrono::nanoseconds(0);
  resumed_ = now + delay;
  return delay;
}

void Replica::tell_if_idle() {
  if (!idle()) return;
  KJ_IF_MAYBE (waiting, when_idle_) {
    (*waiting)->fulfill();
    when_idle_ = nullptr;
  }
}

Task<Result<void>> Replica::close() {
  pump();
  if (!idle()) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    when_idle_ = kj::mv(paf.fulfiller);
    co_await kj::mv(paf.promise);
  }
  co_await checkpointer_->stop();
  auto written = co_await writer_->close();
  auto closed = co_await journal_->close();
  closed_ = true;
  if (failure_) co_return fail(*failure_);
  if (!written) co_return fail(written.error());
  co_return kj::mv(closed);
}

Status Replica::status() const {
  Status status = counters_;
  const JournalStatus journal = journal_->status();
  status.role = closed_ ? Status::Role::kClosed : failure_ ? Status::Role::kFailed : Status::Role::kActive;
  if (failure_) status.failure = failure_->text();
  status.epoch = writer_->epoch();
  status.last_submitted = writer_->end().txid;
  status.committed = writer_->committed().txid;
  status.applied = applied_txid_;
  status.first_in_log = journal.first;
  status.segments = journal.segments;
  status.log_bytes = journal.bytes;
  status.queue_bytes = queue_.held_bytes();
  const CheckpointerStatus checkpoint = checkpointer_->status();
  status.checkpoint = {checkpoint.running,
                       checkpoint.succeeded,
                       checkpoint.failed,
                       checkpoint.last_error,
                       checkpoint.last_txid,
                       checkpoint.last_bytes,
                       std::chrono::duration_cast<std::chrono::milliseconds>(checkpoint.last_duration),
                       checkpoint.since.transactions};
  return status;
}

}  // namespace varve
