#include "journal/shared_history.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "editlog/directory_survey.h"
#include "editlog/segment_file.h"
#include "editlog/segment_scan.h"
#include "editlog/slots.h"

namespace varve {
namespace {

using FoundSegment = std::optional<SharedSegment>;

bool is_about_one_file(const Error& error) {
  return error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kDamaged;
}

class HistorySearch {
 public:
  HistorySearch(SharedDirectory& shared, SharedEpochRecord record) : shared_(shared), record_(record) {}

  Task<Result<std::vector<SharedSegment>>> run() {
    if (!record_.has_older_segments()) co_return std::vector<SharedSegment>();
    CO_TRY(co_await survey_epochs());
    std::vector<SharedSegment> segments;
    LogPosition before = record_.base;
    while (before.txid > record_.start.txid) {
      CO_ASSIGN_OR_RETURN(FoundSegment segment, co_await ending_at(before));
      if (!segment) {
        CO_ASSIGN_OR_RETURN(const bool purged, co_await purged_by_other(before.txid));
        if (purged) break;
        co_return fail(missing(before.txid));
      }
      before = {segment->header.first().previous(), Epoch{}, segment->header.previous};
      segments.push_back(*segment);
    }
    std::reverse(segments.begin(), segments.end());
    co_return segments;
  }

 private:
  struct EpochFiles {
    Epoch epoch;
    kj::Own<Directory> directory;
    std::vector<SegmentName> names;
  };

  Task<Result<void>> survey_epochs() {
    CO_ASSIGN_OR_RETURN(const std::vector<Epoch> epochs, co_await shared_.epochs().list());
    for (auto epoch = epochs.rbegin(); epoch != epochs.rend(); ++epoch) {
      if (*epoch >= record_.epoch) continue;
      auto directory = co_await shared_.open_log(*epoch);
      if (!directory && directory.error().code() == ErrorCode::kNotFound) continue;
      if (!directory) co_return fail(directory.error());
      CO_ASSIGN_OR_RETURN(const auto names, co_await (*directory)->list());
      EpochFiles files;
      files.epoch = *epoch;
      files.directory = kj::mv(*directory);
      files.names = survey(names).segments;
      files_.push_back(kj::mv(files));
    }
    co_return ok();
  }

  // A file that is damaged is passed over: another may hold the same frames.
  Task<Result<FoundSegment>> ending_at(LogPosition last) {
    for (EpochFiles& files : files_) {
      for (const SegmentName& name : files.names) {
        if (name.first > last.txid || (name.last && name.last != last.txid)) continue;
        auto segment = co_await look_at(files, name, last);
        if (segment && *segment) co_return kj::mv(*segment);
        if (segment) continue;
        if (!is_about_one_file(segment.error())) co_return fail(segment.error());
        passed_over_ = "; " + segment.error().text();
      }
    }
    co_return FoundSegment();
  }

  Task<Result<FoundSegment>> look_at(EpochFiles& files, SegmentName name, LogPosition last) {
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await files.directory->open(file_name(name), {}));
    CO_ASSIGN_OR_RETURN(const SegmentHead head, co_await read_segment_head(*file, shared_.namespace_id()));
    SharedSegment segment;
    segment.epoch = files.epoch;
    segment.name = name;
    segment.header = head.header;
    segment.bytes = head.file_bytes;
    if (name.last) {
      CO_ASSIGN_OR_RETURN(const SegmentFooter footer, co_await read_segment_footer(*file, head));
      segment.last = footer.last();
      segment.frames_end = footer.trailer.frames_end;
    } else {
      CO_ASSIGN_OR_RETURN(const SegmentScan scan, co_await scan_segment(*file, head, last.txid));
      segment.last = scan.contents.last();
      segment.frames_end = scan.contents.end();
    }
    if (segment.last.txid != last.txid || segment.last.digest != last.digest) co_return FoundSegment();
    co_return FoundSegment(segment);
  }

  // Another writer, deposed or newer, may have purged more than our record knows: what it purges it says first, in its epoch's file or, of
  // its own log, in that log's slots.
  Task<Result<bool>> purged_by_other(TxId upto) {
    CO_ASSIGN_OR_RETURN(const auto records, co_await shared_.epochs().read_all());
    for (const SharedEpochRecord& record : records)
      if (record.start.txid >= upto) co_return true;
    for (EpochFiles& files : files_) {
      CO_ASSIGN_OR_RETURN(const auto record, co_await shared_.epochs().read(files.epoch));
      auto slots = co_await Slots::open(*files.directory);
      if (!slots && !is_about_one_file(slots.error())) co_return fail(slots.error());
      if (slots && record && !record->has_older_segments() && (*slots)->state().start.position.txid >= upto) co_return true;
    }
    co_return false;
  }

  Error missing(TxId last) const {
    return {
        ErrorCode::kDamaged,
        fmt::format("reading {}: the segment that ends at txid {} is in no directory of an epoch below {}, and the log begins behind txid "
                    "{}{}; put it back from a copy",
                    shared_.path(), last.value, record_.epoch.value, record_.start.txid.value, passed_over_)};
  }

  SharedDirectory& shared_;
  const SharedEpochRecord record_;
  std::vector<EpochFiles> files_;
  std::string passed_over_;
};

}  // namespace

LogPosition start_of(const std::vector<SharedSegment>& segments, LogPosition base) {
  if (segments.empty()) return base;
  return {segments.front().name.first.previous(), Epoch{}, segments.front().header.previous};
}

Task<Result<std::vector<SharedSegment>>> find_history(SharedDirectory& shared, SharedEpochRecord record) {
  for (int attempt = 1;; ++attempt) {
    HistorySearch search(shared, record);
    auto found = co_await search.run();
    if (found || !is_about_one_file(found.error()) || attempt == kSharedLooks) co_return kj::mv(found);
    co_await shared.seams().clock.after(kSharedPause);
  }
}

}  // namespace varve
