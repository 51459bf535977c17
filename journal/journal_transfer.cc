#include "journal/journal_transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/result.h"
#include "editlog/control.h"
#include "journal/journal_source.h"
#include "journal/journal_target.h"
#include "journal/log_membership.h"

namespace varve {
namespace {

// Readers mostly give frames as the disk wants them.
FramePtr own(const FrameView& view) {
  const Bytes bytes = view.bytes();
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % kSectorBytes == 0) return std::make_shared<Frame>(view.keep, bytes.data());
  auto buffer = std::make_shared<AlignedBuffer>(bytes.size());
  std::memcpy(buffer->data(), bytes.data(), bytes.size());
  return std::make_shared<Frame>(buffer, buffer->data());
}

// Behind `at`, which the target holds, up to the source's end.
Task<Result<void>> copy_frames(JournalSource& source, JournalTarget& target, LogPosition at, std::uint64_t batch_bytes,
                               WorkWatcher& watcher) {
  const TxId end = source.end().txid;
  if (at.txid >= end) co_return ok();
  CO_ASSIGN_OR_RETURN(kj::Own<LogReader> reader, co_await source.read_after(at));
  TxId reached = at.txid;
  while (reached < end) {
    std::vector<FramePtr> batch;
    std::uint64_t bytes = 0;
    while (reached < end && bytes < batch_bytes) {
      CO_ASSIGN_OR_RETURN(const std::vector<FrameView> views, co_await reader->next());
      if (views.empty())
        co_return fail(ErrorCode::kDamaged,
                       fmt::format("the source's frames end at txid {}, its log at txid {}", reached.value, end.value));
      for (const FrameView& view : views) {
        batch.push_back(own(view));
        bytes += view.bytes().size();
        reached = view.header->last();
      }
    }
    CO_TRY(co_await target.append(std::move(batch)));
    watcher.reached(reached, end);
  }
  co_return ok();
}

// What the transactions at the end of the log are: of the newest segment that says so (who only fences or moves does not know it).
Task<Result<SegmentStart>> newest_schema(LocalLog& log) {
  const std::vector<SegmentInfo> segments = log.segments();
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    if (segment->last < segment->name.first) continue;
    CO_ASSIGN_OR_RETURN(kj::Own<LogReader> reader, co_await log.read(segment->name.first));
    CO_ASSIGN_OR_RETURN(const std::vector<FrameView> frames, co_await reader->next());
    if (frames.empty() || frames.front().header->frame_kind() != FrameKind::kSegmentStart) continue;
    TransactionCursor transactions = frames.front().transactions();
    if (!transactions.next()) continue;
    CO_ASSIGN_OR_RETURN(SegmentStart start, decode_segment_start(transactions.bytes()));
    if (!start.schema.empty() || !start.schema_name.empty()) co_return start;
  }
  co_return SegmentStart();
}

// The first frames of the reign that makes the target's disks the voters.
class MoveFrames {
 public:
  MoveFrames(const JournalSource& source, Epoch epoch, std::uint64_t wall_us) : end_(source.end()) {
    seal_.epoch = epoch;
    seal_.committed = source.end().txid;
    seal_.wall_us = wall_us;
    seal_.lineage = source.lineage();
    seal_.namespace_id = source.namespace_id();
  }

  void add(FrameKind kind, const std::string& body) {
    FrameBuilder builder(transaction_space(body.size()));
    builder.add(as_bytes(body));
    seal_.kind = kind;
    seal_.roll = frames_.empty();
    seal_.first = next_txid();
    seal_.previous = end_.digest;
    frames_.push_back(kj::mv(builder).seal(seal_));
    end_ = frames_.back()->header().position();
  }
  TxId next_txid() const { return end_.txid.next(); }
  std::vector<FramePtr> take() { return std::move(frames_); }

 private:
  FrameSeal seal_;
  LogPosition end_;
  std::vector<FramePtr> frames_;
};

struct MoveReign {
  Epoch epoch;
  Uuid writer;
};

Task<Result<void>> change_home(Seams seams, JournalSource& source, JournalTarget& target, MoveReign reign, const TransferOptions& options) {
  LocalLog& log = source.log() != nullptr ? *source.log() : *target.log();
  CO_ASSIGN_OR_RETURN(SegmentStart start, co_await newest_schema(log));
  CO_ASSIGN_OR_RETURN(start.configuration, decode_configuration(as_bytes(log.configuration().bytes)));
  MoveFrames frames(source, reign.epoch, seams.clock.wall_us());
  frames.add(FrameKind::kSegmentStart, encode(start));
  Configuration configuration;
  configuration.txid = frames.next_txid();
  configuration.members = target.members();
  frames.add(FrameKind::kConfiguration, encode(configuration));
  frames.add(FrameKind::kEpochStart, encode(EpochStart{reign.writer, options.writer_name, options.host}));
  if (const auto lost = source.lost()) co_return fail(lost->within("the source is not held any more"));
  CO_TRY(co_await target.finish(frames.take()));
  co_return ok();
}

CopiedHistory history_of(const JournalSource& source) {
  CopiedHistory history;
  history.namespace_id = source.namespace_id();
  history.lineage = source.lineage();
  history.start = source.start();
  return history;
}

Transferred result_of(const JournalSource& source, LogPosition from) {
  Transferred result;
  result.namespace_id = source.namespace_id();
  result.first = source.start().position.txid.next();
  result.from = from;
  result.end = source.end();
  return result;
}

Task<Result<Transferred>> fill_and_change_home(Seams seams, JournalSource& source, JournalTarget& target, TransferOptions options,
                                               WorkWatcher& watcher) {
  MoveReign reign;
  reign.epoch = Epoch{std::max(source.highest_epoch(), target.highest_epoch()).value + 1};
  reign.writer = seams.random.uuid();
  CO_ASSIGN_OR_RETURN(const LogPosition from, co_await target.begin(reign.epoch, reign.writer, source.end()));
  watcher.step(fmt::format("copying txids {} to {}", from.txid.value + 1, source.end().txid.value));
  CO_TRY(co_await copy_frames(source, target, from, options.batch_bytes, watcher));
  CO_TRY(co_await change_home(seams, source, target, reign, options));
  CO_TRY(co_await target.close());
  co_return result_of(source, from);
}

Task<Result<Transferred>> move_to_quorum(Seams seams, JournalUrl from, JournalUrl to, TransferOptions options, WorkWatcher& watcher) {
  CO_ASSIGN_OR_RETURN(kj::Own<JournalSource> source, co_await open_directory_source(seams, std::move(from.path), options.log));
  if (!names_own_disk(*source->log()))
    co_return fail(ErrorCode::kRefused, "the source is a copy of a journal that lives elsewhere, not the journal itself: move that one");
  CO_ASSIGN_OR_RETURN(kj::Own<JournalTarget> target,
                      co_await open_quorum_target(seams, std::move(to), history_of(*source), options.node_patience, watcher));
  if (target->finished(source->end().txid)) {
    Transferred before = result_of(*source, source->end());
    before.moved_before = true;
    co_return before;
  }
  co_return co_await fill_and_change_home(seams, *source, *target, std::move(options), watcher);
}

// The directory is looked at before the quorum is fenced: nothing is to be done, and nobody to be stopped, when it was all done before.
Task<Result<Transferred>> move_to_directory(Seams seams, JournalUrl from, JournalUrl to, TransferOptions options, WorkWatcher& watcher) {
  CO_ASSIGN_OR_RETURN(kj::Own<JournalSource> seen, co_await open_quorum_source(seams, from, options.quorum, std::nullopt, watcher));
  CO_ASSIGN_OR_RETURN(kj::Own<JournalTarget> target, co_await open_directory_target(seams, to.path, history_of(*seen), options.log));
  if (target->finished(seen->highest_txid())) {
    Transferred before = result_of(*seen, target->log()->end());
    before.moved_before = true;
    co_return before;
  }
  ReignFor reign;
  reign.name = options.writer_name;
  reign.host = options.host;
  CO_ASSIGN_OR_RETURN(kj::Own<JournalSource> source,
                      co_await open_quorum_source(seams, std::move(from), options.quorum, std::move(reign), watcher));
  co_return co_await fill_and_change_home(seams, *source, *target, std::move(options), watcher);
}

}  // namespace

Task<Result<Transferred>> fetch_journal(Seams seams, JournalUrl from, std::string directory, TransferOptions options,
                                        WorkWatcher& watcher) {
  kj::Own<JournalSource> source;
  if (from.kind == JournalUrl::Kind::kQuorum) {
    CO_ASSIGN_OR_RETURN(source, co_await open_quorum_source(seams, std::move(from), options.quorum, std::nullopt, watcher));
  } else if (from.kind == JournalUrl::Kind::kFile) {
    CO_ASSIGN_OR_RETURN(source, co_await open_directory_source(seams, std::move(from.path), options.log));
  } else {
    co_return fail(ErrorCode::kInvalidArgument, "fetching from a shared directory: copy the directory itself while nobody writes to it");
  }
  CO_ASSIGN_OR_RETURN(kj::Own<JournalTarget> target, co_await open_directory_target(seams, directory, history_of(*source), options.log));
  LocalLog& log = *target->log();
  if (names_own_disk(log))
    co_return fail(ErrorCode::kExists, fmt::format("{} is a journal of its own, not a copy of one; name another directory", directory));
  const LogPosition held = log.end();
  CO_TRY(co_await copy_frames(*source, *target, held, options.batch_bytes, watcher));
  CO_TRY(co_await target->close());
  co_return result_of(*source, held);
}

Task<Result<Transferred>> move_journal(Seams seams, JournalUrl from, JournalUrl to, TransferOptions options, WorkWatcher& watcher) {
  using Kind = JournalUrl::Kind;
  if (from.kind == Kind::kFile && to.kind == Kind::kQuorum)
    co_return co_await move_to_quorum(seams, std::move(from), std::move(to), std::move(options), watcher);
  if (from.kind == Kind::kQuorum && to.kind == Kind::kFile)
    co_return co_await move_to_directory(seams, std::move(from), std::move(to), std::move(options), watcher);
  co_return fail(ErrorCode::kInvalidArgument,
                 "a journal moves from file:///DIRECTORY to quorum://HOST:PORT,.../NAME, or from such a quorum to such a directory");
}

}  // namespace varve
