#include "journal/local_journal.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/digest.h"
#include "base/result.h"
#include "editlog/control.h"
#include "journal/history_reader.h"
#include "journal/local_writer.h"
#include "journal/log_membership.h"
#include "journal/outcome.h"

namespace varve {
namespace {

// The start of a new namespace whose only member, a voter, is this disk.
SlotState new_log(Random& random) {
  SlotState state;
  state.namespace_id = random.uuid();
  state.disk_id = random.uuid();
  Configuration configuration;
  configuration.members.push_back(Member{state.disk_id, "", MemberRole::kVoter});
  state.start.configuration = encode(configuration);
  state.start.position.digest = digest_of_new_start(state.namespace_id, state.lineage, state.start.configuration);
  state.mark = state.start.position;
  return state;
}

}  // namespace

LocalJournal::LocalJournal(Seams seams, kj::Own<LocalLog> log, RollPolicy roll, std::string configuration)
    : seams_(seams), log_(kj::mv(log)), roll_(roll), configuration_(std::move(configuration)) {}

LocalJournal::~LocalJournal() noexcept(false) {}

Task<Result<kj::Own<LocalJournal>>> LocalJournal::open(Seams seams, std::string path, LocalLogOptions options, RollPolicy roll) {
  auto directory = co_await seams.disk.create_directory(path);
  if (!directory) co_return fail(directory.error());
  auto formatted = co_await LocalLog::is_formatted(**directory);
  if (!formatted) co_return fail(formatted.error());
  if (!*formatted) {
    auto done = co_await LocalLog::format(seams, **directory, new_log(seams.random));
    if (!done) co_return fail(done.error().within("formatting a new journal"));
    seams.log(LogLevel::kInfo, fmt::format("{}: new journal", path));
  }
  auto log = co_await LocalLog::open(seams, kj::mv(*directory), options);
  if (!log) co_return fail(log.error());
  if (!names_own_disk(**log))
    co_return fail(ErrorCode::kRefused,
                   fmt::format("{} is a copy of a journal that lives elsewhere, not the journal itself: open that one, or finish moving it "
                               "here with `varve journal format --from`",
                               path));
  // One voter: what is durable here is the history.
  (*log)->set_committed((*log)->end());
  std::string configuration = (*log)->configuration().bytes;
  co_return kj::heap<LocalJournal>(seams, kj::mv(*log), roll, std::move(configuration));
}

JournalStatus LocalJournal::status() const {
  return {.first = log_->start().position.txid.next(),
          .last = log_->committed().txid,
          .segments = log_->segments().size(),
          .bytes = log_->disk_bytes(),
          .torn_bytes_cut = log_->recovery().torn_bytes_cut};
}

kj::Promise<Result<kj::Own<JournalWriter>>> LocalJournal::become_writer(std::string name, std::string host, SchemaInfo schema) {
  return do_become_writer(std::move(name), std::move(host), std::move(schema));
}

Task<Result<kj::Own<JournalWriter>>> LocalJournal::do_become_writer(std::string name, std::string host, SchemaInfo schema) {
  const Epoch epoch{std::max(log_->promised().value, log_->end().epoch.value) + 1};
  const Uuid writer_id = seams_.random.uuid();
  auto promised = co_await log_->promise(epoch, writer_id);
  if (!promised) co_return fail(promised.error().within(fmt::format("promising epoch {}", epoch.value)));

  auto configuration = decode_configuration(as_bytes(configuration_));
  if (!configuration) co_return fail(configuration.error());
  const SegmentStart segment_start{std::move(schema.compiled), schema.transaction_type, std::move(schema.name), *configuration};
  auto writer = kj::heap<LocalWriter>(seams_, *log_, roll_, epoch, encode(segment_start));
  std::string epoch_start = encode(EpochStart{writer_id, std::move(name), std::move(host)});
  auto started = co_await writer->append_control(FrameKind::kEpochStart, std::move(epoch_start));
  if (!started) co_return fail(started.error().within(fmt::format("starting epoch {}", epoch.value)));
  co_return kj::Own<JournalWriter>(kj::mv(writer));
}

kj::Promise<Result<kj::Own<LogReader>>> LocalJournal::read_after(LogPosition after) {
  return do_read_after(after);
}

Task<Result<kj::Own<LogReader>>> LocalJournal::do_read_after(LogPosition after) {
  const LogPosition end = log_->end();
  if (after.txid > end.txid)
    co_return fail(ErrorCode::kNotFound,
                   fmt::format("reading the log behind txid {}: it ends at txid {}", after.txid.value, end.txid.value));
  if (after.txid == end.txid && after.digest != end.digest) co_return fail(other_history(after, end.digest));
  const LogPosition& start = log_->start().position;
  if (after.txid == start.txid && after.digest != start.digest) co_return fail(other_history(after, start.digest));
  auto reader = co_await log_->read(after.txid.next());
  if (!reader) co_return fail(reader.error());
  co_return kj::Own<LogReader>(kj::heap<HistoryReader>(kj::mv(*reader), after));
}

kj::Promise<Result<Outcome>> LocalJournal::outcome(Ticket ticket) {
  return outcome_in(*log_, ticket);
}

}  // namespace varve
