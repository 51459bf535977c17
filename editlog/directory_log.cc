#include "editlog/directory_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "base/digest.h"
#include "base/gradual_removal.h"
#include "base/result.h"
#include "editlog/append_groups.h"
#include "editlog/control.h"
#include "editlog/directory_survey.h"
#include "editlog/local_log_reader.h"
#include "editlog/segment_scrub.h"

namespace varve {
namespace {

SegmentPreparerOptions preparer_options(const LocalLogOptions& options, Uuid namespace_id) {
  const std::uint64_t file_bytes = usual_segment_bytes(options);
  // The reserve must do for one recovery copy.
  const std::uint64_t reserve = options.disk_reserve_bytes == 0 ? 0 : std::max(options.disk_reserve_bytes, file_bytes);
  return {.namespace_id = namespace_id, .file_bytes = file_bytes, .reserve_bytes = reserve, .direct = options.direct_io};
}

// Up while it lives.
class Flag {
 public:
  explicit Flag(bool& flag) : flag_(flag) { flag_ = true; }
  Flag(const Flag&) = delete;
  ~Flag() { flag_ = false; }

 private:
  bool& flag_;
};

// The newest txid in a file that is finalized, damaged ones included; txid 0: there is none.
TxId last_finalized(const SegmentList& segments) {
  TxId last{0};
  for (const auto& segment : segments.all())
    for (const std::string& file : segment->files())
      if (const auto name = parse_segment_name(file); name && name->last) last = segment->last.txid;
  return last;
}

std::vector<FrameEnd> ends_above(const std::vector<FrameEnd>& ends, TxId txid) {
  std::vector<FrameEnd> above;
  std::ranges::copy_if(ends, std::back_inserter(above), [txid](const FrameEnd& end) { return end.position.txid > txid; });
  return above;
}

}  // namespace

// One append, cut or restart at a time; one that is dropped half way leaves the log's end in doubt.
class DirectoryLog::WriteTurn {
 public:
  explicit WriteTurn(DirectoryLog& log) : log_(log) {
    CHECK(!log.writing_);
    log.writing_ = true;
  }
  WriteTurn(const WriteTurn&) = delete;
  ~WriteTurn() noexcept {
    log_.writing_ = false;
    if (!finished_) log_.fail_with(Error(ErrorCode::kIo, "a change was dropped half way: reopen the log"));
    KJ_IF_MAYBE (waiter, log_.write_waiter_) {
      (*waiter)->fulfill();
    }
  }
  void finish() { finished_ = true; }

 private:
  DirectoryLog& log_;
  bool finished_ = false;
};

// While mended files are put in place others wait; dropped half way it leaves a file missing.
class DirectoryLog::ChangeOver {
 public:
  explicit ChangeOver(DirectoryLog& log) : log_(log), over_(kj::newPromiseAndFulfiller<void>()) {
    log.changed_over_ = over_.promise.fork();
  }
  ChangeOver(const ChangeOver&) = delete;
  ~ChangeOver() noexcept {
    if (!finished_) log_.fail_with(Error(ErrorCode::kIo, "mending was dropped half way: reopen the log"));
    log_.changed_over_.reset();
    over_.fulfiller->fulfill();
  }
  void finish() { finished_ = true; }

 private:
  DirectoryLog& log_;
  kj::PromiseFulfillerPair<void> over_;
  bool finished_ = false;
};

DirectoryLog::DirectoryLog(Seams seams, kj::Own<Directory> directory, kj::Own<DirectoryLock> lock, LocalLogOptions options,
                           RecoveredLog recovered)
    : seams_(seams),
      directory_(kj::mv(directory)),
      lock_(kj::mv(lock)),
      options_(options),
      report_(std::move(recovered.report)),
      marks_(seams.clock, kj::mv(recovered.slots), options.mark_delay, [this](const Error& error) { fail_with(error); }),
      segments_(std::move(recovered.segments)),
      end_(recovered.end),
      committed_(recovered.committed),
      configurations_(std::move(recovered.configurations)),
      uncommitted_(std::move(recovered.uncommitted)),
      preparer_(seams, *directory_, preparer_options(options, marks_.state().namespace_id)) {
  auto failing = kj::newPromiseAndFulfiller<Error>();
  failing_ = kj::mv(failing.fulfiller);
  failed_ = failing.promise.fork();
  preparer_.prepare_ahead();
}

DirectoryLog::~DirectoryLog() noexcept(false) {}

std::vector<SegmentInfo> DirectoryLog::segments() const {
  std::vector<SegmentInfo> infos;
  for (const auto& segment : segments_.all()) infos.push_back({segment->name(), segment->last.txid, segment->bytes});
  return infos;
}

SegmentWriter* DirectoryLog::writer() const {
  return segments_.empty() ? nullptr : segments_.newest().writer.get();
}

Result<void> DirectoryLog::usable() {
  if (failure_) return fail(failure_->within("the log failed before and must be reopened"));
  if (closing_) return fail(ErrorCode::kClosed, fmt::format("{}: the log is closed", directory_->path()));
  return ok();
}

void DirectoryLog::fail_with(const Error& error) {
  if (failure_) return;
  failure_ = error;
  failing_->fulfill(Error(error));
  seams_.log(LogLevel::kError, fmt::format("{}: no further writes: {}", directory_->path(), error.text()));
}

// An error of a step that changes the log is final.
Result<void> DirectoryLog::settle(Result<void> result) {
  if (!result) fail_with(result.error());
  return result;
}

Task<Result<void>> DirectoryLog::do_promise(Epoch epoch, Uuid writer) {
  CO_TRY(usable());
  auto promised = co_await marks_.promise(epoch, writer);
  co_return settle(std::move(promised));
}

Task<Result<void>> DirectoryLog::do_append(std::vector<FramePtr> frames, RunOn where) {
  CO_TRY(usable());
  if (frames.empty()) co_return ok();
  if (!segments_.empty() && segments_.newest().damage)
    co_return fail(ErrorCode::kDamaged, fmt::format("the newest segment must be mended first: {}", segments_.newest().damage->what));
  CHECK(frames.front()->header().previous == end_.digest && frames.front()->header().first() == end_.txid.next(),
        frames.front()->header().first_txid, end_.txid.value);
  WriteTurn turn(*this);
  const bool starts_epoch = frames.back()->header().frame_kind() == FrameKind::kEpochStart;
  std::vector<AppendGroup> groups = group_by_segment(std::move(frames));
  std::vector<std::uint64_t> sizes;
  const bool grows = !groups.front().rolls() && groups.front().bytes() > segment_space();
  if (grows) sizes.push_back(std::max(2 * writer()->file_bytes(), segment_file_bytes(segment_bytes_used() + groups.front().bytes())));
  for (const AppendGroup& group : groups)
    if (group.rolls()) sizes.push_back(std::max(usual_segment_bytes(options_), segment_file_bytes(group.bytes())));
  // A reign begins on a full disk too, or nobody could read what is there: in a segment of just the size, then.
  std::optional<std::uint64_t> least;
  if (starts_epoch && groups.size() == 1) least = segment_file_bytes((grows ? segment_bytes_used() : 0) + groups.front().bytes());
  // All the space first: a refusal leaves everything as it was.
  auto prepared = co_await take_space(std::move(sizes), least);
  if (!prepared) {
    turn.finish();
    if (prepared.error().code() != ErrorCode::kNoSpace) fail_with(prepared.error());
    co_return fail(prepared.error());
  }
  std::size_t next_prepared = 0;
  Result<void> done = ok();
  if (grows) done = co_await grow(kj::mv((*prepared)[next_prepared++]));
  for (std::size_t i = 0; i < groups.size() && done; ++i) {
    AppendGroup& group = groups[i];
    if (group.rolls())
      done = co_await open_segment(kj::mv((*prepared)[next_prepared++]), std::move(group.frames), where);
    else
      done = co_await append_group(std::move(group.frames), where);
  }
  turn.finish();
  if (next_prepared > 0 && done) preparer_.prepare_ahead();
  co_return settle(std::move(done));
}

// With `least`, a single one is made of just that size rather than none.
Task<Result<std::vector<PreparedSegment>>> DirectoryLog::take_space(std::vector<std::uint64_t> sizes, std::optional<std::uint64_t> least) {
  std::vector<PreparedSegment> prepared;
  if (sizes.empty()) co_return prepared;
  auto taken = co_await preparer_.take(std::move(sizes));
  if (taken || taken.error().code() != ErrorCode::kNoSpace || !least) co_return taken;
  auto reserved = co_await preparer_.take_reserved(*least);
  if (!reserved) co_return fail(reserved.error());
  prepared.push_back(kj::mv(*reserved));
  co_return prepared;
}

// The segment in progress goes on in a larger file.
Task<Result<void>> DirectoryLog::grow(PreparedSegment prepared) {
  LogSegment& old = segments_.newest();
  const FramesToCopy frames = all_frames(old.writer->contents());
  CO_ASSIGN_OR_RETURN(auto writer, co_await copy_segment(*directory_, old.writer->file(), frames, kj::mv(prepared)));
  auto grown = std::make_shared<LogSegment>();
  grown->header = old.header;
  grown->last = old.last;
  grown->durable_end = old.durable_end;
  grown->visible_end = old.visible_end;
  grown->bytes = writer->file_bytes();
  grown->writer = kj::mv(writer);
  segments_.replace_newest(std::move(grown));
  co_return ok();
}

Task<Result<void>> DirectoryLog::append_group(std::vector<FramePtr> group, RunOn where) {
  SegmentWriter* writer = this->writer();
  CHECK(writer != nullptr, group.front()->header().first_txid);
  const std::uint64_t offset = writer->end();
  CO_TRY(co_await writer->append(group, where));
  appended(group, offset);
  co_return ok();
}

Task<Result<void>> DirectoryLog::open_segment(PreparedSegment prepared, std::vector<FramePtr> group, RunOn where) {
  const FrameHeader& first = group.front()->header();
  auto segment = std::make_shared<LogSegment>();
  segment->header = make_segment_header(first.namespace_id, first.lineage, first.first(), first.previous);
  segment->bytes = prepared.file_bytes();
  segment->visible_end = kFramesOffset;
  CO_ASSIGN_OR_RETURN(segment->writer, co_await SegmentWriter::open_new(*directory_, kj::mv(prepared), segment->header, group, where));
  segments_.add(std::move(segment));
  appended(group, kFramesOffset);
  finalize_committed();
  co_return ok();
}

void DirectoryLog::appended(const std::vector<FramePtr>& group, std::uint64_t offset) {
  for (const FramePtr& frame : group) {
    offset += frame->header().frame_bytes();
    uncommitted_.add({frame->header().position(), offset});
    if (auto configuration = configuration_in(frame->header(), frame->body())) configurations_.add(*std::move(configuration));
  }
  end_ = group.back()->header().position();
  segments_.newest().last = end_;
  segments_.newest().durable_end = offset;
  marks_.appended(end_);
}

void DirectoryLog::set_committed(LogPosition position) {
  commit_up_to(position.txid);
  if (position.txid > committed_.txid) take_damaged_end(position);
  configurations_.commit(committed_.txid);
  finalize_committed();
  CHECK(position.txid != committed_.txid || position == committed_, position.txid.value);
  CHECK(position.txid <= committed_.txid, position.txid.value, committed_.txid.value);
}

void DirectoryLog::commit_up_to(TxId txid) {
  CHECK(txid <= end_.txid, txid.value, end_.txid.value);
  while (auto end = uncommitted_.take_first_up_to(txid)) {
    committed_ = end->position;
    segments_.find(committed_.txid)->visible_end = end->offset;
  }
  configurations_.commit(committed_.txid);
  finalize_committed();
}

// The end of a damaged segment is not among the ends that were read; who says that it is committed knows its epoch.
void DirectoryLog::take_damaged_end(LogPosition position) {
  const auto segment = segments_.find(position.txid);
  if (!segment || !segment->damage || segment->last.txid != position.txid || segment->last.digest != position.digest) return;
  segment->last = committed_ = position;
  segment->damage->end_exact = true;
}

// The oldest segment in progress, when it will grow no more: the first frame of the next one is committed. Until then that one may be
// taken back, and this one go on.
LogSegment* DirectoryLog::to_finalize() const {
  LogSegment* oldest = nullptr;
  const auto& all = segments_.all();
  for (auto segment = all.rbegin(); segment != all.rend() && (!(*segment)->finalized() || (*segment)->damage); ++segment)
    if (!(*segment)->finalized()) oldest = segment->get();
  if (oldest == nullptr || oldest == &segments_.newest()) return nullptr;
  return oldest->last.txid < committed_.txid ? oldest : nullptr;
}

void DirectoryLog::finalize_committed() {
  if (finalizing_ || dropping_ || failure_ || to_finalize() == nullptr) return;
  finalizing_ = true;
  finalizer_ = kj::Promise<void>(finalize_in_turn()).fork();
}

Task<void> DirectoryLog::finalize_in_turn() {
  while (LogSegment* segment = failure_ || dropping_ ? nullptr : to_finalize()) {
    auto finalized = co_await segment->writer->finalize(*directory_);
    if (!finalized) {
      fail_with(finalized.error());
      break;
    }
    segment->bytes = segment->writer->end() + segment->writer->contents().footer_bytes();
    segment->writer = nullptr;
  }
  finalizing_ = false;
}

kj::Promise<Result<kj::Own<LogReader>>> DirectoryLog::read(TxId from) {
  return open_reader(from, ReadBound::kCommitted);
}

kj::Promise<Result<kj::Own<LogReader>>> DirectoryLog::read_durable(TxId from) {
  return open_reader(from, ReadBound::kDurable);
}

Result<kj::Own<LogReader>> DirectoryLog::open_reader(TxId from, ReadBound bound) {
  if (closing_) return fail(ErrorCode::kClosed, fmt::format("{}: the log is closed", directory_->path()));
  const TxId start = marks_.state().start.position.txid;
  if (from <= start || from > end_.txid.next())
    return fail(ErrorCode::kNotFound, fmt::format("reading {} from txid {}: the log holds txids {} to {}", directory_->path(), from.value,
                                                  start.value + 1, end_.txid.value));
  // What a peer pulls was written past the page cache and is not read again: through it, copying would take half of a core and of the
  // speed.
  const bool direct = bound == ReadBound::kDurable && options_.direct_io;
  kj::Own<LogReader> reader = kj::heap<LocalLogReader>(*directory_, *this, segments_, from, bound, direct);
  return reader;
}

std::vector<LogPosition> DirectoryLog::branches() const {
  std::vector<LogPosition> found{committed_};
  for (const FrameEnd& end : uncommitted_.all()) {
    if (found.size() > 1 && found.back().epoch == end.position.epoch) found.pop_back();
    found.push_back(end.position);
  }
  if (found.back() != end_) found.push_back(end_);  // behind damage
  return found;
}

// Without a look at the disk, where a frame ends, and at which offset.
std::optional<FrameEnd> DirectoryLog::known_end(TxId txid) const {
  if (auto end = uncommitted_.find(txid)) return end;
  const auto segment = segments_.find(txid);
  if (!segment) return txid == start().position.txid ? std::optional(FrameEnd{start().position, 0}) : std::nullopt;
  const bool in_doubt = segment->damage && !segment->damage->end_exact;
  if (txid == segment->last.txid && !in_doubt) return FrameEnd{segment->last, segment->durable_end};
  if (txid == committed_.txid && segment->readable()) return FrameEnd{committed_, segment->visible_end};
  return std::nullopt;
}

Task<Result<std::optional<LogPosition>>> DirectoryLog::do_find(TxId txid) {
  CO_TRY(usable());
  std::optional<LogPosition> found;
  if (const auto known = known_end(txid)) {
    found = known->position;
    co_return found;
  }
  const auto segment = segments_.find(txid);
  if (segment && !segment->readable())
    co_return fail(ErrorCode::kDamaged, fmt::format("looking for the frame that ends at txid {}: {}", txid.value, segment->damage->what));
  if (!segment || txid > committed_.txid) co_return found;
  LocalLogReader reader(*directory_, *this, segments_, txid);
  CO_ASSIGN_OR_RETURN(const auto frames, co_await reader.next());
  if (!frames.empty() && frames.front().header->last() == txid) found = frames.front().header->position();
  co_return found;
}

Task<Result<void>> DirectoryLog::do_cut(LogPosition to) {
  CO_TRY(usable());
  CHECK(committed_.txid <= to.txid && to.txid < end_.txid, committed_.txid.value, to.txid.value, end_.txid.value);
  const auto holding = segments_.find(to.txid);
  const auto end = known_end(to.txid);
  if (holding && holding->damage && !(end && end->position == to))
    co_return fail(ErrorCode::kDamaged,
                   fmt::format("cutting at txid {}: mend the segment first: {}", to.txid.value, holding->damage->what));
  CHECK(end && end->position == to, to.txid.value);
  WriteTurn turn(*this);
  dropping_ = true;
  if (finalizing_) co_await finalizer_->addBranch();
  co_await wait_for_mending();
  LogCut cut(*directory_, segments_, preparer_, to, segments_.find(to.txid), end->offset);
  Result<void> done = co_await cut.prepare(usual_segment_bytes(options_));
  const bool no_space = !done && done.error().code() == ErrorCode::kNoSpace;
  if (done) done = co_await cut_files(cut, to);
  dropping_ = false;
  turn.finish();
  if (no_space) co_return done;
  preparer_.prepare_ahead();
  finalize_committed();
  co_return settle(std::move(done));
}

Task<Result<void>> DirectoryLog::cut_files(LogCut& cut, LogPosition to) {
  CO_TRY(co_await marks_.begin_cut(to));
  cut.take_back();
  uncommitted_.cut(to.txid);
  configurations_.cut(to.txid);
  end_ = to;
  CO_TRY(co_await cut.shorten());
  co_return co_await marks_.finish_cut();
}

Task<Result<void>> DirectoryLog::do_restart(LogStart start) {
  CO_TRY(usable());
  CHECK(start.position.txid > committed_.txid, start.position.txid.value, committed_.txid.value);
  WriteTurn turn(*this);
  dropping_ = true;
  if (finalizing_) co_await finalizer_->addBranch();
  co_await wait_for_mending();
  auto done = co_await marks_.begin_restart(std::move(start));
  if (done) {
    std::vector<std::shared_ptr<LogSegment>> dropped = segments_.clear();
    forget_all();
    done = co_await remove_segment_files(*directory_, std::move(dropped));
  }
  if (done) done = co_await marks_.finish_restart();
  dropping_ = false;
  turn.finish();
  co_return settle(std::move(done));
}

void DirectoryLog::forget_all() {
  end_ = committed_ = start().position;
  uncommitted_ = FrameEnds();
  configurations_.begin_at(start());
}

std::vector<DamagedSegment> DirectoryLog::damaged() const {
  std::vector<DamagedSegment> found;
  LogPosition before = start().position;
  for (const auto& segment : segments_.all()) {
    if (segment->damage) found.push_back({segment->header.first(), before, segment->last, segment->damage->what});
    before = segment->last;
  }
  if (found.empty()) return found;
  const TxId finalized = last_finalized(segments_);
  for (DamagedSegment& damaged : found) damaged.in_progress = damaged.first > finalized;
  return found;
}

Task<Result<void>> DirectoryLog::do_mend(TxId first, kj::Own<LogReader> good) {
  CO_TRY(usable());
  const std::vector<DamagedSegment> all = damaged();
  const auto range = std::ranges::find(all, first, &DamagedSegment::first);
  if (range == all.end() || mending_)
    co_return fail(ErrorCode::kRefused, fmt::format("mending txid {} of {}: {}", first.value, directory_->path(),
                                                    mending_ ? "another segment is being mended" : "no damaged segment begins there"));
  const Flag mending(mending_);
  const std::shared_ptr<LogSegment> segment = segments_.find(first);
  const bool finalized = range->last.txid <= committed_.txid && !segment->damage->grows;
  SegmentMender mender(seams_, *directory_, *range, namespace_id(), lineage(), finalized, usual_segment_bytes(options_));
  auto done = co_await mender.write(*good);
  const bool changed = segments_.find(first) != segment || dropping_ || purging_;
  if (done && changed) done = fail(ErrorCode::kRefused, fmt::format("mending txid {}: the log changed meanwhile", first.value));
  if (done) done = co_await change_over(mender, segment);
  if (done) co_return done;
  co_await mender.discard();
  if (done.error().code() == ErrorCode::kRefused || done.error().code() == ErrorCode::kNoSpace) co_return done;
  co_return settle(std::move(done));
}

// Nothing is cut, dropped or purged meanwhile.
Task<Result<void>> DirectoryLog::change_over(SegmentMender& mender, std::shared_ptr<LogSegment> damaged) {
  ChangeOver over(*this);
  // When the newest is missing for a moment, the mark must tell.
  auto done = co_await marks_.mark(end_);
  if (done) done = co_await mender.put_in_place(damaged->files());
  std::vector<std::shared_ptr<LogSegment>> mended;
  for (std::size_t i = 0; i < mender.segments().size() && done; ++i) {
    auto taken = co_await take_mended(mender.segments()[i]);
    if (taken)
      mended.push_back(std::move(*taken));
    else
      done = fail(taken.error());
  }
  if (done) {
    segments_.replace(damaged, std::move(mended));
    for (const MendedSegment& segment : mender.segments()) {
      uncommitted_.insert(ends_above(segment.ends, committed_.txid));
      for (const LogConfiguration& configuration : segment.configurations) configurations_.add(configuration);
    }
    configurations_.commit(committed_.txid);
  }
  over.finish();
  finalize_committed();
  co_return done;
}

Task<Result<std::shared_ptr<LogSegment>>> DirectoryLog::take_mended(const MendedSegment& mended) {
  auto segment = std::make_shared<LogSegment>();
  segment->header = mended.contents.header();
  segment->last = mended.contents.last();
  segment->bytes = mended.bytes;
  segment->durable_end = mended.contents.end();
  segment->visible_end = kFramesOffset;
  if (mended.finalized) {
    segment->visible_end = segment->durable_end;
    co_return segment;
  }
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_->open(mended.name, {.write = true, .direct = options_.direct_io}));
  segment->writer = SegmentWriter::resume(kj::mv(file), mended.name, mended.contents, mended.bytes);
  for (const FrameEnd& end : mended.ends)
    if (end.position.txid <= committed_.txid) segment->visible_end = end.offset;
  co_return segment;
}

Task<void> DirectoryLog::wait_for_mending() {
  while (changed_over_) co_await changed_over_->addBranch();
}

Task<Result<bool>> DirectoryLog::do_scrub(TxId first, std::uint64_t bytes_per_second) {
  CO_TRY(usable());
  const std::shared_ptr<LogSegment> segment = segments_.find(first);
  if (!segment || segment->header.first() != first || !segment->finalized()) co_return false;
  if (segment->damage) co_return true;
  const ScrubTarget target{segment->header, segment->last};
  auto wrong = co_await scrub_segment(*directory_, target, seams_.clock, bytes_per_second);
  if (segments_.find(first) != segment) co_return false;
  if (!wrong || segment->damage) co_return true;
  seams_.log(LogLevel::kError, fmt::format("{}: damage: {}", directory_->path(), *wrong));
  segment->damage = SegmentDamage{.what = *wrong, .files = segment->files(), .readable = true};
  co_return true;
}

Task<Result<void>> DirectoryLog::do_settle_tail() {
  CO_TRY(usable());
  if (tail_certain()) co_return ok();
  auto settled = co_await marks_.settle_tail();
  co_return settle(std::move(settled));
}

// The state of the log right before a segment: its SegmentStart repeats the newest configuration.
Task<Result<LogStart>> DirectoryLog::start_before(TxId first) {
  LocalLogReader reader(*directory_, *this, segments_, first);
  CO_ASSIGN_OR_RETURN(const auto frames, co_await reader.next());
  CHECK(!frames.empty() && frames.front().header->first() == first, first.value);
  TransactionCursor transactions = frames.front().transactions();
  CHECK(transactions.next());
  auto segment_start = decode_segment_start(transactions.bytes());
  if (!segment_start) co_return fail(segment_start.error().within(fmt::format("reading the first frame of {}", in_progress_name(first))));
  co_return LogStart{segments_.find(first.previous())->last, encode(segment_start->configuration)};
}

Task<Result<std::uint64_t>> DirectoryLog::do_purge(TxId upto) {
  CO_TRY(usable());
  const Flag purging(purging_);
  co_await wait_for_mending();
  const auto& all = segments_.all();
  std::size_t count = 0;
  while (count + 1 < all.size() && all[count]->finalized() && all[count]->last.txid <= upto &&
         all[count + 1]->header.first() <= committed_.txid)
    ++count;
  // The new start must be known to the digest and the epoch, and the first frame behind it be there to tell the configuration.
  while (count > 0 && ((all[count - 1]->damage && !all[count - 1]->damage->end_exact) || all[count]->damage)) --count;
  if (count == 0) co_return std::uint64_t{0};
  const std::size_t cuts = segments_.cuts();
  CO_ASSIGN_OR_RETURN(LogStart start, co_await start_before(all[count]->header.first()));
  if (segments_.cuts() != cuts) co_return std::uint64_t{0};
  const TxId last = start.position.txid;
  auto moved = co_await marks_.move_start(std::move(start));
  CO_TRY(settle(std::move(moved)));
  if (this->start().position.txid != last) co_return std::uint64_t{0};  // a restart overtook it
  configurations_.purge(last);

  std::vector<std::shared_ptr<LogSegment>> purged;
  while (count-- > 0) purged.push_back(segments_.take_oldest());
  std::uint64_t freed = 0;
  for (const auto& segment : purged) {
    // A file that stays is below the start, and is removed by the next open.
    const bool read = segment.use_count() > 1;  // by somebody who began before it was purged, and may end
    const std::vector<std::string> names = segment->files();
    for (const std::string& name : names) {
      Result<void> removed;
      if (read)
        removed = co_await directory_->remove(name);
      else
        removed = co_await remove_gradually(*directory_, name, seams_.clock);
      CO_TRY(std::move(removed));
    }
    freed += segment->bytes;
  }
  CO_TRY(co_await directory_->sync());
  co_return freed;
}

Task<Result<void>> DirectoryLog::do_write_mark() {
  CO_TRY(usable());
  auto marked = co_await marks_.mark(end_);
  co_return settle(std::move(marked));
}

Task<Result<void>> DirectoryLog::do_close() {
  if (closing_) co_return ok();
  closing_ = true;
  if (writing_) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    write_waiter_ = kj::mv(paf.fulfiller);
    co_await kj::mv(paf.promise);
  }
  preparer_.stop();
  if (finalizing_) co_await finalizer_->addBranch();
  Result<void> done = ok();
  if (failure_) {
    done = fail(*failure_);
  } else {
    done = co_await marks_.mark(end_);
  }
  marks_.stop();
  lock_ = nullptr;
  co_return done;
}

void DirectoryLog::check_invariants() const {
  const TxId start = marks_.state().start.position.txid;
  CHECK(start <= marks_.state().mark.txid && marks_.state().mark.txid <= end_.txid, start.value, end_.txid.value);
  CHECK(start <= committed_.txid && committed_.txid <= end_.txid, committed_.txid.value, end_.txid.value);
  segments_.check_invariants();
  CHECK(segments_.empty() ? end_ == marks_.state().start.position : segments_.newest().last == end_, end_.txid.value);
  TxId before = committed_.txid;
  for (const FrameEnd& end : uncommitted_.all()) {
    CHECK(end.position.txid > before, end.position.txid.value, before.value);
    before = end.position.txid;
  }
  CHECK(before == end_.txid || segments_.newest().damage, before.value, end_.txid.value);
}

}  // namespace varve
