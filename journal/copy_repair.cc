#include "journal/copy_repair.h"

#include <fmt/format.h>

#include "base/result.h"
#include "editlog/control.h"
#include "journal/node_connection.h"

namespace varve {
namespace {

// Gives a stream's frames as a log's reader does, and ends behind `last`.
class StreamedSegment final : public LogReader {
 public:
  StreamedSegment(kj::Own<FrameStream> stream, TxId last) : stream_(kj::mv(stream)), last_(last) {}
  ~StreamedSegment() noexcept(false) override {}

  kj::Promise<Result<std::vector<FrameView>>> next() override { return do_next(); }

 private:
  Task<Result<std::vector<FrameView>>> do_next() {
    std::vector<FrameView> views;
    while (views.empty() && stream_->position().txid < last_) {
      CO_ASSIGN_OR_RETURN(const std::vector<FramePtr> frames, co_await stream_->next());
      for (const FramePtr& frame : frames) views.push_back({&frame->header(), frame->body(), frame});
    }
    co_return views;
  }

  kj::Own<FrameStream> stream_;
  TxId last_;
};

// What a member says whose log is another one there, or does not go that far, or begins later.
bool has_another_log(ErrorCode code) {
  return code == ErrorCode::kNotFound || code == ErrorCode::kBusy || code == ErrorCode::kForeign;
}

}  // namespace

CopyRepair::CopyRepair(Seams seams, JournalCopy& copy, RepairOptions options) : seams_(seams), copy_(copy), options_(options) {
  tasks_.add(mend_again_and_again());
  if (options_.scrub_bytes_per_second > 0) tasks_.add(scrub_again_and_again());
}

CopyRepair::~CopyRepair() noexcept(false) {}

std::vector<std::string> CopyRepair::peers() const {
  std::vector<std::string> addresses;
  const std::shared_ptr<LocalLog> log = copy_.log();
  const auto configuration = decode_configuration(as_bytes(log->configuration().bytes));
  if (!configuration) return addresses;
  for (const Member& member : configuration->members)
    if (member.disk != log->disk_id() && member.role != MemberRole::kWitness) addresses.push_back(member.address);
  return addresses;
}

Task<void> CopyRepair::mend_again_and_again() {
  while (true) {
    co_await seams_.clock.after(options_.retry);
    if (copy_.failure()) continue;
    const std::vector<DamagedSegment> damaged = copy_.log()->damaged();
    for (const DamagedSegment& segment : damaged) co_await mend(segment);
  }
}

Task<void> CopyRepair::mend(DamagedSegment damaged) {
  std::string problems;
  const std::vector<std::string> addresses = peers();
  bool nobody_has_it = addresses.empty();
  for (const std::string& address : addresses) {
    auto mended = co_await mend_from(address, damaged);
    if (mended) {
      seams_.log(LogLevel::kInfo, fmt::format("journal {}: txids {} to {} were damaged and are mended from {}", copy_.name(),
                                              damaged.first.value, damaged.last.txid.value, address));
      co_return;
    }
    problems += fmt::format(" {};", mended.error().text());
    nobody_has_it = nobody_has_it || has_another_log(mended.error().code());
    if (mended.error().code() != ErrorCode::kNotFound) continue;
    auto start = co_await start_at(address);
    if (!start || *start < damaged.last.txid) continue;
    // Up to where that one begins: of the damaged part alone the last frame's epoch may not be known.
    auto dropped = co_await copy_.drop_damaged(damaged.last.txid, *start);
    if (dropped || copy_.give_up_hole(damaged.first)) co_return;
    problems += fmt::format(" {};", dropped.error().text());
  }
  copy_.note_unmended(damaged.first, nobody_has_it);
  seams_.log(LogLevel::kWarning, fmt::format("journal {}: txids {} to {} are damaged ({}), and no member gives them now:{}", copy_.name(),
                                             damaged.first.value, damaged.last.txid.value, damaged.what, problems));
}

// Where others have purged by the writer's order an image holds it, and nobody needs it mended.
Task<Result<TxId>> CopyRepair::start_at(std::string address) {
  wire::Open open;
  open.journal = copy_.name();
  open.namespace_id = copy_.namespace_id();
  open.lineage = copy_.lineage();
  CO_ASSIGN_OR_RETURN(kj::Own<NodeConnection> connection,
                      co_await NodeConnection::open(seams_, std::move(address), std::move(open), options_.patience));
  const auto* state = std::get_if<wire::CopyState>(&connection->opened());
  if (state == nullptr) co_return fail(ErrorCode::kNotFound, fmt::format("it has no journal {}", copy_.name()));
  co_return state->start.position.txid;
}

Task<Result<void>> CopyRepair::mend_from(std::string address, DamagedSegment damaged) {
  JournalIdentity journal;
  journal.name = copy_.name();
  journal.namespace_id = copy_.namespace_id();
  journal.lineage = copy_.lineage();
  std::vector<LogPosition> after{damaged.before};
  CO_ASSIGN_OR_RETURN(kj::Own<FrameStream> stream, co_await FrameStream::open(seams_, std::move(address), std::move(journal),
                                                                              std::move(after), damaged.last, options_.patience));
  kj::Own<LogReader> good = kj::heap<StreamedSegment>(kj::mv(stream), damaged.last.txid);
  co_return co_await copy_.mend(damaged.first, kj::mv(good));
}

Task<void> CopyRepair::scrub_again_and_again() {
  while (true) {
    co_await seams_.clock.after(options_.scrub_interval);
    const std::shared_ptr<LocalLog> log = copy_.log();
    const std::vector<SegmentInfo> segments = log->segments();
    for (const SegmentInfo& segment : segments) {
      if (!segment.name.last) continue;
      if (copy_.failure() || copy_.log() != log) break;
      auto scrubbed = co_await log->scrub(segment.name.first, options_.scrub_bytes_per_second);
      if (scrubbed && *scrubbed) ++scrubbed_;
    }
  }
}

}  // namespace varve
