#include "journal/local_writer.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/result.h"

namespace varve {

LocalWriter::LocalWriter(Seams seams, LocalLog& log, RollPolicy roll, Epoch epoch, std::string segment_start, CommitGate* gate)
    : seams_(seams),
      log_(log),
      roll_(roll),
      epoch_(epoch),
      segment_start_(std::move(segment_start)),
      gate_(gate),
      end_(log.end()),
      has_segment_(!log.needs_segment()),
      segment_space_(log.segment_space()),
      segment_transactions_(log.segment_transactions()),
      segment_opened_(seams.clock.now()) {
  CHECK(log.promised() == epoch, log.promised().value, epoch.value);
}

kj::Promise<Result<FramePtr>> LocalWriter::append(FrameBuilder&& transactions, RunOn where) {
  return enqueue(kj::mv(transactions), FrameKind::kData, where);
}

kj::Promise<Result<FramePtr>> LocalWriter::append_control(FrameKind kind, std::string body) {
  FrameBuilder builder(transaction_space(body.size()));
  builder.add(as_bytes(body));
  return enqueue(kj::mv(builder), kind, RunOn::kInline);
}

bool LocalWriter::must_roll(std::uint64_t next_frame_bytes) const {
  if (!has_segment_ || next_frame_bytes > segment_space_) return true;
  if (segment_transactions_ <= 1) return false;  // nothing but its SegmentStart: rolling would leave an empty segment
  if (roll_asked_ || segment_transactions_ >= roll_.transactions_max) return true;
  return roll_.age_max.count() > 0 && seams_.clock.now() - segment_opened_ >= roll_.age_max;
}

FramePtr LocalWriter::seal(FrameBuilder&& transactions, FrameKind kind, bool roll) {
  FrameSeal seal;
  seal.kind = kind;
  seal.roll = roll;
  seal.epoch = epoch_;
  seal.first = end_.txid.next();
  seal.committed = log_.committed().txid;
  seal.wall_us = seams_.clock.wall_us();
  seal.lineage = log_.lineage();
  seal.namespace_id = log_.namespace_id();
  seal.previous = end_.digest;
  FramePtr frame = kj::mv(transactions).seal(seal);
  end_ = frame->header().position();
  segment_transactions_ += frame->header().transactions;
  const std::uint64_t bytes = frame->header().frame_bytes();
  segment_space_ -= std::min(segment_space_, bytes);
  return frame;
}

kj::Promise<Result<FramePtr>> LocalWriter::enqueue(FrameBuilder&& transactions, FrameKind kind, RunOn where) {
  if (over_) return Result<FramePtr>(fail(*over_));
  Pending pending;
  const std::uint64_t frame_bytes = round_up(sizeof(FrameHeader) + transactions.body_bytes(), kSectorBytes);
  if (must_roll(frame_bytes)) {
    // The log gives a new segment the room that its first frames need, and at least its usual size.
    roll_asked_ = false;
    has_segment_ = true;
    segment_transactions_ = 0;
    segment_opened_ = seams_.clock.now();
    segment_space_ = log_.new_segment_space();
    FrameBuilder start(transaction_space(segment_start_.size()));
    start.add(as_bytes(segment_start_));
    pending.frames.push_back(seal(kj::mv(start), FrameKind::kSegmentStart, true));
  }
  pending.frames.push_back(seal(kj::mv(transactions), kind, false));
  auto paf = kj::newPromiseAndFulfiller<Result<FramePtr>>();
  pending.done = kj::mv(paf.fulfiller);
  pending_.push_back(kj::mv(pending));
  if (!writing_) {
    writing_ = true;
    write_task_ =
        kj::Promise<void>(write_pending(where)).eagerlyEvaluate([](kj::Exception&& e) { CHECK(false, e.getDescription().cStr()); });
  }
  return kj::mv(paf.promise);
}

// While a sync is running the next frames gather; each turn writes all of them with one sync.
Task<void> LocalWriter::write_pending(RunOn where) {
  while (!pending_.empty()) {
    std::deque<Pending> batch;
    batch.swap(pending_);
    std::vector<FramePtr> frames;
    for (const Pending& p : batch) frames.insert(frames.end(), p.frames.begin(), p.frames.end());
    auto written = co_await write(frames, where);
    if (written) {
      log_.set_committed(frames.back()->header().position());
      if (pending_.empty()) segment_space_ = log_.segment_space();
    }
    finish(kj::mv(batch), written);
    where = RunOn::kDiskThread;
  }
  writing_ = false;
  KJ_IF_MAYBE (idle, idle_) {
    (*idle)->fulfill();
    idle_ = nullptr;
  }
}

Task<Result<void>> LocalWriter::write(std::vector<FramePtr> frames, RunOn where) {
  CO_TRY(co_await log_.append(std::move(frames), where));
  if (gate_ != nullptr) CO_TRY(co_await gate_->may_commit());
  co_return ok();
}

void LocalWriter::finish(std::deque<Pending> batch, const Result<void>& written) {
  if (written) {
    for (Pending& p : batch) p.done->fulfill(FramePtr(p.frames.back()));
    return;
  }
  const Error& error = written.error();
  if (error.code() == ErrorCode::kNoSpace && !log_.failure()) {
    // Refused before a byte was stored: take the frames back, and those framed behind them.
    batch.insert(batch.end(), std::make_move_iterator(pending_.begin()), std::make_move_iterator(pending_.end()));
    pending_.clear();
    end_ = log_.end();
    has_segment_ = !log_.needs_segment();
    segment_space_ = log_.segment_space();
    segment_transactions_ = log_.segment_transactions();
    for (Pending& p : batch) p.done->fulfill(Result<FramePtr>(fail(error)));
    return;
  }
  over_ = error;
  batch.insert(batch.end(), std::make_move_iterator(pending_.begin()), std::make_move_iterator(pending_.end()));
  pending_.clear();
  for (Pending& p : batch) {
    const FrameHeader& header = p.frames.back()->header();
    Error unknown(ErrorCode::kOutcomeUnknown,
                  fmt::format("appending transactions {}..{}: {}; they may or may not be in the log: ask the next writer for their outcome",
                              header.first_txid, header.last().value, error.text()));
    p.done->fulfill(Result<FramePtr>(fail(unknown.with_ticket(Ticket{header.last(), epoch_, header.self}))));
  }
}

kj::Promise<Result<void>> LocalWriter::close() {
  kj::Promise<void> idle = kj::READY_NOW;
  if (writing_) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    idle_ = kj::mv(paf.fulfiller);
    idle = kj::mv(paf.promise);
  }
  return idle.then([this]() -> kj::Promise<Result<void>> {
    if (over_) return Result<void>(fail(*over_));
    return log_.write_mark();
  });
}

}  // namespace varve
