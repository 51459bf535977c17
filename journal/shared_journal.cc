#include "journal/shared_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "base/result.h"
#include "editlog/control.h"
#include "journal/history_reader.h"
#include "journal/shared_purge.h"
#include "journal/shared_reader.h"
#include "journal/shared_takeover.h"
#include "journal/shared_writer.h"

namespace varve {

namespace {
// An idle writer looks for a newer epoch, and announces its last transactions, after mark_delay, but no more often than this.
constexpr std::chrono::milliseconds kWatchMin{100};
}  // namespace

SharedJournal::~SharedJournal() noexcept(false) {}

Task<Result<kj::Own<SharedJournal>>> SharedJournal::open(Seams seams, std::string path, LocalLogOptions options, RollPolicy roll) {
  auto shared = co_await SharedDirectory::open(seams, path);
  if (!shared) co_return fail(shared.error());
  auto view = co_await view_shared(**shared);
  if (!view) co_return fail(view.error());
  co_return kj::heap<SharedJournal>(seams, kj::mv(*shared), options, roll, std::move(*view));
}

JournalStatus SharedJournal::status() const {
  JournalStatus status{.first = start().txid.next(),
                       .last = view_.end.txid,
                       .segments = view_.segments.size(),
                       .bytes = view_.bytes(),
                       .torn_bytes_cut = view_.torn_bytes};
  if (!reign_) return status;
  status.last = reign_->log().committed().txid;
  status.segments = older_.size() + reign_->log().segments().size();
  status.bytes = reign_->log().disk_bytes();
  for (const SharedSegment& segment : older_) status.bytes += segment.bytes;
  return status;
}

std::vector<SegmentInfo> SharedJournal::segments() const {
  if (!reign_) return view_.segments;
  std::vector<SegmentInfo> all;
  for (const SharedSegment& segment : older_) all.push_back(segment.info());
  for (const SegmentInfo& own : reign_->log().segments()) all.push_back(own);
  return all;
}

LogPosition SharedJournal::start() const {
  if (!reign_) return view_.start;
  return start_of(older_, reign_->log().start().position);
}

kj::Promise<Result<kj::Own<JournalWriter>>> SharedJournal::become_writer(std::string name, std::string host, SchemaInfo schema) {
  return do_become_writer(std::move(name), std::move(host), std::move(schema));
}

Task<Result<kj::Own<JournalWriter>>> SharedJournal::do_become_writer(std::string name, std::string host, SchemaInfo schema) {
  const Uuid writer_id = seams_.random.uuid();
  SharedTakeover takeover(*shared_, options_, writer_id);
  auto taken = co_await takeover.run();
  if (!taken) co_return fail(taken.error());
  auto reign = std::make_shared<kj::Own<SharedReign>>(kj::mv(*taken));
  std::shared_ptr<SharedReign> owner(reign, reign->get());
  auto older = co_await find_history(*shared_, owner->record());
  if (!older) {
    CO_TRY(co_await owner->may_commit());  // else a newer writer has purged it
    co_return fail(older.error());
  }
  // An older writer may have purged more than was known when the epoch began. What it left as a proof of that goes with its files one day.
  const LogPosition begins = start_of(*older, owner->record().base);
  if (owner->record().has_older_segments()) CO_TRY(co_await owner->move_start(begins));

  auto configuration = decode_configuration(as_bytes(shared_->configuration()));
  if (!configuration) co_return fail(configuration.error());
  const SegmentStart segment_start{std::move(schema.compiled), schema.transaction_type, std::move(schema.name), *configuration};
  auto writer = kj::heap<SharedWriter>(seams_, owner, roll_, encode(segment_start));
  std::string epoch_start = encode(EpochStart{writer_id, std::move(name), std::move(host)});
  auto begun = co_await writer->begin(std::move(epoch_start));
  if (!begun) co_return fail(begun.error().within(fmt::format("starting epoch {}", owner->epoch().value)));
  owner->watch(std::max(options_.mark_delay, kWatchMin));
  reign_ = std::move(owner);
  older_ = std::move(*older);
  co_return kj::Own<JournalWriter>(kj::mv(writer));
}

Task<Result<kj::Own<LogReader>>> SharedJournal::do_read_after(LogPosition after) {
  if (!reign_ && after.txid >= view_.end.txid) {
    CO_ASSIGN_OR_RETURN(view_, co_await view_shared(*shared_));
  }
  const LogPosition first = start();
  const LogPosition end = reign_ && !reign_->over() ? reign_->log().end() : view_.end;
  if (after.txid < first.txid)
    co_return fail(ErrorCode::kNotFound,
                   fmt::format("reading the log behind txid {}: purged, it starts behind txid {}; load an image first", after.txid.value,
                               first.txid.value));
  if (after.txid > end.txid && !(reign_ && reign_->over()))
    co_return fail(ErrorCode::kNotFound,
                   fmt::format("reading the log behind txid {}: it ends at txid {}", after.txid.value, end.txid.value));
  if (after.txid == end.txid && after.digest != end.digest) co_return fail(other_history(after, end.digest));
  if (after.txid == first.txid && after.digest != first.digest) co_return fail(other_history(after, first.digest));
  SharedReader::After behind;
  behind.txid = after.txid;
  behind.digest = after.digest;
  co_return kj::Own<LogReader>(kj::heap<SharedReader>(*shared_, reign_, behind));
}

Task<Result<std::uint64_t>> SharedJournal::do_purge(TxId upto) {
  if (!reign_) co_return fail(ErrorCode::kRefused, fmt::format("purging {}: only the writer purges", shared_->path()));
  const TxId committed = reign_->log().committed().txid;
  CO_TRY(co_await reign_->may_commit());
  co_return co_await purge_shared(*shared_, *reign_, older_, std::min(upto, committed));
}

// The last frame that is known to be committed; of the newest epoch that is known to have begun.
Task<Result<LogPosition>> SharedJournal::known_committed() {
  LogPosition known = shared_->origin();
  CO_ASSIGN_OR_RETURN(const std::vector<SharedEpochRecord> records, co_await shared_->epochs().read_all());
  for (const SharedEpochRecord& record : records)
    if (record.active()) known = record.committed;
  if (reign_ && reign_->log().committed().txid > known.txid) known = reign_->log().committed();
  co_return known;
}

Task<Result<Outcome>> SharedJournal::do_outcome(Ticket ticket) {
  if (ticket.txid.value == 0)
    co_return fail(ErrorCode::kInvalidArgument, "asking for the outcome of txid 0: transactions are numbered from 1");
  if (ticket.txid <= start().txid) co_return Outcome::kUnknownYet;  // purged
  CO_ASSIGN_OR_RETURN(const LogPosition known, co_await known_committed());
  if (ticket.txid > known.txid) co_return known.epoch > ticket.epoch ? Outcome::kNever : Outcome::kUnknownYet;
  SharedReader::After before;
  before.txid = ticket.txid.previous();
  SharedReader reader(*shared_, reign_, before);
  auto frames = co_await reader.next();
  if (!frames && frames.error().code() == ErrorCode::kNotFound) co_return Outcome::kUnknownYet;  // purged meanwhile
  if (!frames) co_return fail(frames.error());
  CHECK(!frames->empty() && frames->front().header->first() <= ticket.txid, ticket.txid.value);
  co_return frames->front().header->self == ticket.frame ? Outcome::kCommitted : Outcome::kNever;
}

Task<Result<void>> SharedJournal::do_close() {
  if (!reign_) co_return ok();
  co_return co_await reign_->close();
}

}  // namespace varve
